import type { Service } from './services.ts';

/** A model that a server on this machine, or one that is named in the configuration, says it has. */
export interface ServedModel {
  readonly name: string;
  /** Tokens that fit into a conversation, as it is served now. */
  readonly context?: number;
  /** Tokens that the model itself could hold. */
  readonly longest?: number;
}

export interface LookOptions {
  readonly timeoutMs: number;
  readonly key?: string | undefined;
  /** Of Ollama: what `OLLAMA_CONTEXT_LENGTH` says. */
  readonly ollamaContext?: number | undefined;
}

/** What Ollama gives a conversation unless it is told otherwise. */
const OLLAMA_CONTEXT = 4096;

/** Models that give numbers, not words. */
const EMBEDS = /embed|(^|[/-])(bge|e5|gte|all-minilm)([-:]|$)/i;

/**
 * Asks a server which models it has.
 *
 * @returns Undefined where nobody answers in time, or not as such a server would.
 */
export async function modelsOf(service: Service, options: LookOptions): Promise<readonly ServedModel[] | undefined> {
  const { baseURL } = service.settings;
  if (baseURL === undefined) return undefined;
  try {
    const found = await (LOOKS[service.id] ?? lookAtChat)(baseURL, options);
    return found.filter(({ name }) => !EMBEDS.test(name));
  } catch {
    return undefined;
  }
}

/** How long conversations with one of its models may be, as a server says; undefined where it does not. */
export async function contextOf(service: Service, model: string, options: LookOptions): Promise<ServedModel | undefined> {
  const { baseURL } = service.settings;
  if (baseURL === undefined) return undefined;
  if (service.id === 'ollama') return askOllama(originOf(baseURL), model, options).catch(() => undefined);
  return (await modelsOf(service, options))?.find(({ name }) => name === model);
}

type Look = (baseURL: string, options: LookOptions) => Promise<readonly ServedModel[]>;

const LOOKS: Readonly<Record<string, Look>> = { ollama: lookAtOllama, lmstudio: lookAtLmStudio, 'llama-server': lookAtLlamaServer };

async function lookAtOllama(baseURL: string, options: LookOptions): Promise<readonly ServedModel[]> {
  const { models = [] } = await getJson<{ models?: readonly { name: string }[] }>(`${originOf(baseURL)}/api/tags`, options);
  return models.map(({ name }) => ({ name }));
}

/** What it gives a conversation is decided by the model's own file, by its environment, or is little. */
async function askOllama(origin: string, model: string, options: LookOptions): Promise<ServedModel> {
  const { model_info: info = {}, parameters = '' } = await getJson<{ model_info?: Readonly<Record<string, unknown>>; parameters?: string }>(`${origin}/api/show`, { ...options, body: { model } });
  const longest = Object.entries(info).find(([name, value]) => name.endsWith('.context_length') && typeof value === 'number')?.[1] as number | undefined;
  const [, said] = /^num_ctx\s+(\d+)/m.exec(parameters) ?? [];
  const given = said === undefined ? (options.ollamaContext ?? OLLAMA_CONTEXT) : Number(said);
  return { name: model, context: Math.min(given, longest ?? given), ...(longest === undefined ? {} : { longest }) };
}

async function lookAtLmStudio(baseURL: string, options: LookOptions): Promise<readonly ServedModel[]> {
  const { data = [] } = await getJson<{ data?: readonly { id: string; type?: string; max_context_length?: number; loaded_context_length?: number }[] }>(`${originOf(baseURL)}/api/v0/models`, options);
  return data.flatMap(({ id, type = 'llm', max_context_length: longest, loaded_context_length: context = longest }) =>
    type === 'llm' || type === 'vlm' ? [{ name: id, ...(context === undefined ? {} : { context }), ...(longest === undefined ? {} : { longest }) }] : [],
  );
}

async function lookAtLlamaServer(baseURL: string, options: LookOptions): Promise<readonly ServedModel[]> {
  const [models, props] = await Promise.all([
    lookAtChat(baseURL, options),
    getJson<{ default_generation_settings?: { n_ctx?: number } }>(`${originOf(baseURL)}/props`, options).catch(() => undefined),
  ]);
  const context = props?.default_generation_settings?.n_ctx;
  return context === undefined ? models : models.map((each) => ({ ...each, context }));
}

/** What all servers of this protocol answer; vLLM says how long conversations may be. */
async function lookAtChat(baseURL: string, options: LookOptions): Promise<readonly ServedModel[]> {
  const { data = [] } = await getJson<{ data?: readonly { id: string; max_model_len?: number; meta?: { n_ctx_train?: number } | null }[] }>(`${baseURL}/models`, options);
  return data.map(({ id, max_model_len: context, meta }) => ({ name: id, ...(context === undefined ? {} : { context }), ...(meta?.n_ctx_train === undefined ? {} : { longest: meta.n_ctx_train }) }));
}

async function getJson<T extends object>(url: string, { timeoutMs, key, body }: LookOptions & { readonly body?: object }): Promise<T> {
  const response = await fetch(url, {
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...(body ? { 'content-type': 'application/json' } : {}) },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return (await response.json()) as T;
}

function originOf(baseURL: string): string {
  return new URL(baseURL).origin;
}
