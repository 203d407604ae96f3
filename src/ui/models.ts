import { SMALL_CONTEXT_TOKENS } from '../model/port.ts';
import type { ListedModel, ListedService, ModelsOverview, RunResult, Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { exitCodeOf } from './report.ts';
import { paint, plain, table, terminal } from './text.ts';

/** `toka models list` */
export async function listModels({ json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const overview = await (await toka.models()).overview();
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/model-list/v1', ...overview })}\n`);
    else writeOverview(overview, toka, door);
    return 0;
  } finally {
    await toka.close();
  }
}

function writeOverview({ roles, providers }: ModelsOverview, { untrustedConfig }: Toka, door: Door): void {
  const view = terminal(door.stdout, door.env);
  const models = providers.flatMap((service) => (service.state === 'ready' ? service.models : []));
  const about = (route: string): ListedModel | undefined => models.find((model) => model.route === route);
  door.stdout.write(
    [
      table(['ROLE', 'MODEL', 'BECAUSE'], roles.flatMap(({ role, routes, by }) => (routes.length === 0 ? [[role, '-', WHY[by]]] : routes.map((route, at) => [at === 0 ? role : '', route, at === 0 ? WHY[by] : 'where that does not answer']))), view),
      table(['PROVIDER', 'STATE', 'KEY', 'WHAT IT IS'], providers.map((service) => [service.id, STATES[service.state], keyText(service), service.protocol === undefined ? service.summary : `${service.baseURL ?? ''} (${service.protocol})`]), view),
      ...(models.length === 0 ? [] : [table(['MODEL', 'CONTEXT', 'DOLLARS FOR A MILLION TOKENS'], models.map((model) => [model.route, String(model.contextTokens ?? '-'), priceText(model)]), view)]),
    ].join('\n'),
  );
  const small = roles.flatMap(({ routes }) => routes.flatMap((route) => about(route) ?? [])).filter(({ contextTokens = Infinity }) => contextTokens < SMALL_CONTEXT_TOKENS);
  for (const { route, contextTokens, longestTokens } of new Set(small)) {
    const more = longestTokens === undefined || longestTokens <= (contextTokens ?? 0) ? '' : `, of the ${longestTokens} that it could hold: raise it at its server (OLLAMA_CONTEXT_LENGTH for Ollama)`;
    door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} ${route} has room for ${contextTokens} tokens alone${more}\n`);
  }
  if (untrustedConfig !== undefined) door.stderr.write(`${plain(untrustedConfig)} is not trusted, so what it says of models does not count; see toka trust\n`);
}

const WHY: Readonly<Record<ModelsOverview['roles'][number]['by'], string>> = {
  configuration: 'the configuration says so',
  key: 'its key is set',
  server: 'its server runs on this machine',
  planner: 'no key is set, and no server of models runs: no language model',
  nothing: 'nothing was found',
};

const STATES: Readonly<Record<ListedService['state'], string>> = { ready: 'ready', 'no-key': 'no key', silent: 'silent' };

function keyText({ key }: ListedService): string {
  return key ? `${key.from}${key.isSet ? '' : ' (not set)'}` : '-';
}

function priceText({ price }: ListedModel): string {
  if (!price) return '-';
  const { input, output, cached, asOf } = price;
  if (input === 0 && output === 0) return 'none';
  return `${input} in, ${output} out${cached === undefined ? '' : `, ${cached} from a cache`}${asOf === undefined ? '' : ` (${asOf})`}`;
}

/** `toka models check [MODEL]` */
export async function checkModels(name: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const candidates = await (await toka.models()).candidates(name);
    const results: { readonly route: string; readonly result: RunResult }[] = [];
    for (const candidate of candidates) results.push({ route: candidate.route, result: await toka.run(toka.prompt(candidate, QUESTION)) });
    const checks = results.map(({ route, result }) => checkOf(route, result));
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/model-check/v1', model: name, checks })}\n`);
    else for (const check of checks) writeCheck(check, door);
    const [first] = results;
    // The first is the one that is wanted; the others stand in for it.
    return exitCodeOf(first?.result.error);
  } finally {
    await toka.close();
  }
}

const QUESTION = { messages: [{ role: 'user', parts: [{ type: 'text', text: 'Answer with the one word: ready' }] }], maxOutputTokens: 1024 } as const;

interface Check {
  readonly model: string;
  readonly answers: boolean;
  readonly run: string;
  readonly ms: number;
  readonly usage?: RunResult['usage']['model'];
  readonly error?: RunResult['error'];
}

function checkOf(route: string, { runId, status, error, usage: { model, wallMs } }: RunResult): Check {
  return { model: route, answers: status === 'succeeded', run: runId, ms: Math.round(wallMs), ...(model ? { usage: model } : {}), ...(error ? { error } : {}) };
}

/** What a provider's error says begins with the model. */
function whyOf(model: string, { message }: { readonly message: string } = { message: 'it does not answer' }): string {
  return message.startsWith(`${model}: `) ? message.slice(model.length + 2) : message;
}

function writeCheck({ model, answers, error, ms, usage }: Check, door: Door): void {
  const view = terminal(door.stdout, door.env);
  const used = usage?.inputTokens === undefined ? '' : `, ${usage.inputTokens} tokens in, ${usage.outputTokens ?? 0} out`;
  door.stdout.write(`${answers ? paint(view, 'green', 'ok') : paint(view, 'red', 'not ok')} ${model}: ${answers ? `answers in ${ms} ms${used}` : plain(whyOf(model, error))}\n`);
  if (error?.hint !== undefined) door.stderr.write(`${plain(error.hint)}\n`);
}
