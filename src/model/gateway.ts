import { type Provider, type ProviderError, providerError } from '@toka/sdk';
import type { ModelsConfig } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import type { Clock } from '../journal/ids.ts';
import { listProviders } from '../registry/providers.ts';
import { Answer } from './answer.ts';
import { waitAfter } from './backoff.ts';
import { Breaker } from './breaker.ts';
import { costOf, knownModel } from './catalog.ts';
import { mostOf, tokensIn } from './estimate.ts';
import { allFailed, failureOf, isPassedOn, isProviderError } from './failures.ts';
import { keyNames, keyOf } from './keys.ts';
import { overviewOf } from './overview.ts';
import { patiently } from './patience.ts';
import type { AskOptions, Candidate, ModelMost, ModelReply, Models, ModelsOverview, ModelUsage, Prompt } from './port.ts';
import { Rate } from './rate.ts';
import { Redactor } from './redact.ts';
import { PROBE_MS, resolveRole, type RoleFound, type RoleSources } from './roles.ts';
import { contextOf } from './servers.ts';
import { KNOWN_SERVERS, locate, type Service, serviceIds, serviceOf } from './services.ts';
import { addUsage } from './usage.ts';

/** What the gateway has of the world. */
export interface ModelsOptions {
  /** The package.json of each plugin. */
  readonly packageFiles: readonly string[];
  readonly settings: ModelsConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where paths of scripts start. */
  readonly cwd: string;
  readonly clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** Rejects with the reason of the signal. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** The planner of toka itself: asked where no model is found. */
  readonly local?: Provider;
}

export function openModels(options: ModelsOptions): Models {
  return new Gateway(options);
}

const FIRST_MS = 120_000;
const BETWEEN_MS = 60_000;
const TOTAL_MS = 600_000;

/** A service that was asked before, and what is remembered of it. */
interface Known {
  readonly service: Service;
  readonly breaker: Breaker;
  readonly rate: Rate;
}

class Gateway implements Models {
  readonly #options: ModelsOptions;
  readonly #sources: RoleSources;
  readonly #known = new Map<string, Known>();
  readonly #roles = new Map<string, Promise<RoleFound>>();
  #redactor: Redactor | undefined;

  constructor(options: ModelsOptions) {
    const { packageFiles, settings, cwd, env, local } = options;
    this.#options = options;
    this.#sources = { listed: listProviders(packageFiles), settings, cwd, env, local };
  }

  async candidates(name: string): Promise<readonly Candidate[]> {
    const routes = name.includes('/') ? [name] : (await this.#role(name)).routes;
    const { fallbacks } = this.#options.settings;
    const all = [...new Set(routes.flatMap((route) => [route, ...(fallbacks[route] ?? [])]))];
    return Promise.all(all.map(async (route) => this.#candidate(route)));
  }

  async ask(candidates: readonly Candidate[], prompt: Prompt, { signal, onEvent }: AskOptions): Promise<ModelReply> {
    const failures: TokaError[] = [];
    for (const { route } of candidates) {
      const before = failures.at(-1);
      if (before) onEvent({ type: 'restart', route, why: before.message });
      try {
        return await this.#askOne(route, prompt, { signal, onEvent });
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof TokaError) || !isPassedOn(thrown)) throw thrown;
        failures.push(thrown);
      }
    }
    throw allFailed(failures);
  }

  most(candidates: readonly Candidate[], prompt: Prompt): ModelMost {
    const prices = candidates.map(({ route }) => {
      const { known, model } = this.#locate(route);
      return knownModel(known.service, model, this.#options.clock.now()).price;
    });
    return mostOf(prompt, prices);
  }

  async overview(): Promise<ModelsOverview> {
    return overviewOf(this.#sources, { now: this.#options.clock.now(), role: async (name) => this.#role(name) });
  }

  /** What is found on this machine is looked for once. */
  async #role(name: string): Promise<RoleFound> {
    const found = this.#roles.get(name) ?? resolveRole(name, this.#sources);
    this.#roles.set(name, found);
    return found.catch((error: unknown) => {
      this.#roles.delete(name);
      throw error;
    });
  }

  async #candidate(route: string): Promise<Candidate> {
    const { known, model } = this.#locate(route);
    const { service } = known;
    const { context = await this.#served(service, model) } = knownModel(service, model, this.#options.clock.now());
    return { route, isLanguageModel: service.listed.isLanguageModel ?? true, ...(context === undefined ? {} : { contextTokens: context }) };
  }

  async #served(service: Service, model: string): Promise<number | undefined> {
    if (!Object.hasOwn(KNOWN_SERVERS, service.id)) return undefined;
    const ollama = Number(this.#options.env['OLLAMA_CONTEXT_LENGTH']);
    const found = await contextOf(service, model, { timeoutMs: PROBE_MS, key: keyOf(service, this.#options.env)?.value, ...(ollama > 0 ? { ollamaContext: ollama } : {}) });
    return found?.context;
  }

  #locate(route: string): { readonly known: Known; readonly model: string } {
    const { id, model } = locate(route);
    const known = this.#known.get(id) ?? this.#open(id);
    this.#known.set(id, known);
    return { known, model };
  }

  #open(id: string): Known {
    const service = serviceOf(id, this.#sources);
    return { service, breaker: new Breaker(), rate: new Rate(service.settings.limits ?? {}) };
  }

  async #askOne(route: string, prompt: Prompt, { signal, onEvent }: AskOptions): Promise<ModelReply> {
    const { clock, random, sleep } = this.#options;
    const { known, model } = this.#locate(route);
    const { price } = knownModel(known.service, model, clock.now());
    const redactor = this.#redact();
    let spent: ModelUsage = {};
    for (let tries = 1; ; tries += 1) {
      const answer = new Answer();
      try {
        await this.#attempt(known, model, { prompt, redactor }, answer, { signal, onEvent });
        return { route, parts: answer.parts, reason: answer.reason, usage: addUsage(spent, priced(answer.usage, price)) };
      } catch (thrown) {
        signal.throwIfAborted();
        if (!isProviderError(thrown)) throw thrown;
        spent = addUsage(spent, priced(answer.usage, price));
        const failure = failureOf(route, thrown, { redactor, spent, key: this.#keyOf(known.service) });
        const ms = waitAfter(thrown, tries, random);
        if (ms === undefined) throw failure;
        onEvent({ type: 'restart', route, why: failure.message });
        await sleep(ms, signal);
      }
    }
  }

  async #attempt(known: Known, model: string, { prompt, redactor }: { readonly prompt: Prompt; readonly redactor: Redactor }, answer: Answer, { signal, onEvent }: AskOptions): Promise<void> {
    const { clock, sleep } = this.#options;
    const { service, breaker, rate } = known;
    const wait = breaker.enter(clock.now());
    if (wait > 0) throw providerError('PROVIDER_UNAVAILABLE', `it failed several times in a row and is left alone for ${Math.ceil(wait / 1000)} s`);
    const settle = await rate.enter(tokensIn(prompt), { clock, sleep, signal });
    try {
      await this.#listen(service, { ...prompt, messages: redactor.messages(prompt.messages) }, model, { signal, onEvent: heard(answer, redactor, onEvent) });
      breaker.succeeded();
    } catch (thrown) {
      if (!signal.aborted && isProviderError(thrown) && thrown.code === 'PROVIDER_UNAVAILABLE') breaker.failed(clock.now());
      throw thrown;
    } finally {
      const { inputTokens, outputTokens } = answer.usage;
      if (inputTokens !== undefined) settle(inputTokens + (outputTokens ?? 0));
    }
  }

  async #listen(service: Service, prompt: Prompt, model: string, { signal, onEvent }: AskOptions): Promise<void> {
    const { first = FIRST_MS, between = BETWEEN_MS, total = TOTAL_MS } = service.settings.timeouts ?? {};
    const late = AbortSignal.timeout(total);
    const env = this.#envOf(service);
    const provider = service.load();
    try {
      for await (const event of patiently((stop) => provider.stream({ ...prompt, model }, { signal: stop, config: service.config, env }), { first, between }, AbortSignal.any([signal, late]))) onEvent(event);
    } catch (thrown) {
      signal.throwIfAborted();
      throw late.aborted ? endless(total) : thrown;
    }
  }

  /** A provider is given its key, whatever variable or file it comes from, and nothing else. */
  #envOf(service: Service): (name: string) => string | undefined {
    const names = keyNames(service);
    const key = keyOf(service, this.#options.env);
    const value = key?.value === '' ? undefined : key?.value;
    if (key && value === undefined && (service.settings.keyEnv ?? service.settings.keyFile) !== undefined) {
      throw providerError('PROVIDER_AUTH', `expected a key in ${key.from}, found none`, { hint: `set ${key.from}, or name another under models.providers.${service.id}` });
    }
    return (name) => (names.includes(name) ? value : undefined);
  }

  #keyOf(service: Service): { readonly from: string; readonly names: readonly string[] } | undefined {
    const key = keyOf(service, this.#options.env);
    return key && { from: key.from, names: keyNames(service) };
  }

  /** Every key that could be sent anywhere, known once. */
  #redact(): Redactor {
    this.#redactor ??= new Redactor(serviceIds(this.#sources).map((id) => keyIn(id, this.#sources)));
    return this.#redactor;
  }
}

/** Keys that cannot be read are not sent either. */
function keyIn(id: string, sources: RoleSources): string | undefined {
  try {
    return keyOf(serviceOf(id, sources), sources.env)?.value;
  } catch {
    return undefined;
  }
}

function heard(answer: Answer, redactor: Redactor, onEvent: AskOptions['onEvent']): AskOptions['onEvent'] {
  const redacted = redactor.stream();
  return (event) => {
    for (const each of event.type === 'restart' ? [] : redacted(event)) {
      answer.take(each);
      onEvent(each);
    }
  };
}

function endless(ms: number): ProviderError {
  return providerError('PROVIDER_UNAVAILABLE', `the answer did not end within ${ms / 1000} s`, { hint: 'give it more time under models.providers' });
}

function priced(usage: ModelUsage, price: Parameters<typeof costOf>[1]): ModelUsage {
  const microdollars = costOf(usage, price);
  return microdollars === undefined ? usage : { ...usage, microdollars };
}
