import { providerError, type Provider, type ProviderError } from '@toka/sdk';
import type { ModelsConfig } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import type { Clock } from '../journal/ids.ts';
import { listProviders } from '../registry/providers.ts';
import { Answer } from './answer.ts';
import { waitAfter } from './backoff.ts';
import { Breaker } from './breaker.ts';
import { allFailed, failureOf, isPassedOn, isProviderError } from './failures.ts';
import { patiently, type Timeouts } from './patience.ts';
import type { AskOptions, Candidate, ModelReply, Models, ModelUsage, Prompt } from './port.ts';
import { type Service, serviceOf, type ServiceSources } from './services.ts';

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

const TIMEOUTS: Timeouts = { first: 120_000, between: 60_000 };
const TOTAL_MS = 600_000;

class Gateway implements Models {
  readonly #options: ModelsOptions;
  readonly #sources: ServiceSources;
  readonly #services = new Map<string, Service>();
  readonly #breakers = new Map<string, Breaker>();

  constructor(options: ModelsOptions) {
    this.#options = options;
    this.#sources = { listed: listProviders(options.packageFiles), settings: options.settings, cwd: options.cwd, local: options.local };
  }

  async candidates(name: string): Promise<readonly Candidate[]> {
    if (!name.includes('/')) throw new TokaError('TOKA_MODEL_UNKNOWN', `no model has the role "${name}"`, { hint: 'name a model as PROVIDER/MODEL' });
    return [this.#candidate(name)];
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

  #candidate(route: string): Candidate {
    const { service } = this.#locate(route);
    return { route, isLanguageModel: service.listed.isLanguageModel ?? true };
  }

  #locate(route: string): { readonly service: Service; readonly model: string } {
    const at = route.indexOf('/');
    const id = route.slice(0, at);
    const model = route.slice(at + 1);
    if (id === '' || model === '') throw new TokaError('TOKA_MODEL_UNKNOWN', `expected PROVIDER/MODEL, found "${route}"`, { hint: 'see toka models list' });
    const service = this.#services.get(id) ?? serviceOf(id, this.#sources);
    this.#services.set(id, service);
    return { service, model };
  }

  async #askOne(route: string, prompt: Prompt, { signal, onEvent }: AskOptions): Promise<ModelReply> {
    const { clock, random, sleep } = this.#options;
    const { service, model } = this.#locate(route);
    const breaker = this.#breakerOf(service.id);
    let spent: ModelUsage = {};
    for (let tries = 1; ; tries += 1) {
      const answer = new Answer();
      try {
        const wait = breaker.enter(clock.now());
        if (wait > 0) throw providerError('PROVIDER_UNAVAILABLE', `it failed several times in a row and is left alone for ${Math.ceil(wait / 1000)} s`);
        await this.#attempt(service, model, prompt, answer, { signal, onEvent });
        breaker.succeeded();
        return { route, parts: answer.parts, reason: answer.reason, usage: sum(spent, answer.usage) };
      } catch (thrown) {
        signal.throwIfAborted();
        if (!isProviderError(thrown)) throw thrown;
        if (thrown.code === 'PROVIDER_UNAVAILABLE') breaker.failed(clock.now());
        spent = sum(spent, answer.usage);
        const failure = failureOf(route, thrown, (text) => text);
        const ms = waitAfter(thrown, tries, random);
        if (ms === undefined) throw failure;
        onEvent({ type: 'restart', route, why: failure.message });
        await sleep(ms, signal);
      }
    }
  }

  async #attempt(service: Service, model: string, prompt: Prompt, answer: Answer, { signal, onEvent }: AskOptions): Promise<void> {
    const provider = service.load();
    const total = AbortSignal.timeout(TOTAL_MS);
    const either = AbortSignal.any([signal, total]);
    const env = (name: string): string | undefined => this.#options.env[name];
    try {
      for await (const event of patiently((stop) => provider.stream({ ...prompt, model }, { signal: stop, config: service.config, env }), TIMEOUTS, either)) {
        answer.take(event);
        onEvent(event);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      if (total.aborted) throw endless();
      throw thrown;
    }
  }

  #breakerOf(id: string): Breaker {
    const breaker = this.#breakers.get(id) ?? new Breaker();
    this.#breakers.set(id, breaker);
    return breaker;
  }
}

function endless(): ProviderError {
  return providerError('PROVIDER_UNAVAILABLE', `the answer did not end within ${TOTAL_MS / 60_000} minutes`);
}

function sum(one: ModelUsage, other: ModelUsage): ModelUsage {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof ModelUsage)[];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
