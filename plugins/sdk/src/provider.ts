import { coded, isCoded, type CodedError } from './errors.ts';
import type { JsonObject, JsonSchema, JsonValue } from './json.ts';
import type { ToolCapabilities } from './tool.ts';

/** A part of what a person says. */
export type UserPart =
  | { readonly type: 'text'; readonly text: string }
  /** A picture; `mediaType` such as `image/png`. */
  | { readonly type: 'image'; readonly mediaType: string; readonly data: Uint8Array };

/** A part of what a model has said. `metadata` is what its provider gave with it, handed back as it was. */
export type AssistantPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string; readonly metadata?: JsonObject }
  | ToolCallPart;

/** A call that a model asks for. */
export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  readonly params: JsonObject;
  /** What the model wrote as parameters, where that is no JSON object; `params` is empty then. */
  readonly malformed?: string;
  readonly metadata?: JsonObject;
}

/** What came of a call that the model has asked for. */
export interface ModelToolResult {
  /** Of the call. */
  readonly id: string;
  readonly name: string;
  readonly output: JsonValue;
  /** Whether the call failed; `output` says why. Default false. */
  readonly isError?: boolean;
}

/** One message of a conversation. */
export type ModelMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly parts: readonly UserPart[] }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[] }
  | { readonly role: 'tool'; readonly results: readonly ModelToolResult[] };

/** A tool that the model may ask for. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly params: JsonSchema;
}

/** What a model is asked. */
export interface ModelRequest {
  /** Which model, as the provider names it. */
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  /** Default: none. */
  readonly tools?: readonly ModelTool[];
  /** Whether it may call tools, must, or must call this one. Default `auto`. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** JSON Schema that its text must match as JSON. Default: any text. */
  readonly schema?: JsonSchema;
  /** Tokens. Default: the provider's own. */
  readonly maxOutputTokens?: number;
  /** Default: the provider's own. */
  readonly temperature?: number;
  /** Texts at which it stops. */
  readonly stop?: readonly string[];
}

/** Why a model has stopped. `filtered`: the provider holds the rest back. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'filtered';

/** What comes from a model, in order. Text and reasoning come in pieces; a tool call comes whole; `finish` comes once, at the end. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** One with metadata ends its part, and may have no text itself. */
  | { readonly type: 'reasoning'; readonly text: string; readonly metadata?: JsonObject }
  | ToolCallPart
  /** Tokens so far, as the provider counts them; later events replace earlier ones. Those in are all of them, read from a cache or written into it as well. */
  | { readonly type: 'usage'; readonly inputTokens: number; readonly outputTokens: number; readonly cachedTokens?: number; readonly cacheWriteTokens?: number; readonly reasoningTokens?: number }
  | { readonly type: 'finish'; readonly reason: FinishReason };

/** What a provider is given beside the request. */
export interface ProviderHost {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** The provider's configuration, matched by the `configSchema` of its contribution. */
  readonly config: JsonObject;
  /** The value of a variable that was granted to it, a key for instance; `undefined` where it is not set. */
  env(name: string): string | undefined;
}

/** What a provider can do beyond text. A request that asks for more is refused before it is reached. */
export interface ProviderSupports {
  readonly tools: boolean;
  readonly images: boolean;
  /** Whether it can be held to a JSON Schema. */
  readonly schema: boolean;
}

/** What stands behind an error of a provider; each is the code of an error. */
export type ProviderErrorCode = (typeof CODES)[number];

const CODES = ['PROVIDER_AUTH', 'PROVIDER_RATE_LIMIT', 'PROVIDER_UNAVAILABLE', 'PROVIDER_CONTEXT', 'PROVIDER_REQUEST', 'PROVIDER_REPLY'] as const;

/** An error of a provider. */
export interface ProviderError extends CodedError {
  readonly code: ProviderErrorCode;
  /** Milliseconds after which the same request may be made again, where the provider says so. */
  readonly retryAfterMs?: number;
}

/** A provider of models: toka's gateway speaks to all of them so. */
export interface Provider {
  /** By which people name it: `anthropic`. */
  readonly id: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly supports: ProviderSupports;
  /** Whether language models answer: false for what only plays one. Default true. */
  readonly isLanguageModel?: boolean;
  /** A JSON file of its package that says what is known of its models: `./catalog/anthropic.json`. Default: nothing is known. */
  readonly catalog?: string;
  /** What it may do: `net:connect:HOST:443`, `env:read:NAME`. Default: nothing. */
  readonly capabilities?: ToolCapabilities;
  /** JSON Schema of its configuration. Default: it has none. */
  readonly configSchema?: JsonSchema;
  /**
   * Asks a model.
   *
   * @throws While it is iterated: the reason of `host.signal` once that is aborted; otherwise a `ProviderError`.
   */
  stream(request: ModelRequest, host: ProviderHost): AsyncIterable<ModelEvent>;
}

/**
 * Makes an error of a provider.
 *
 * @param code `PROVIDER_AUTH`: the key is missing or refused. `PROVIDER_RATE_LIMIT`: too many requests. `PROVIDER_UNAVAILABLE`: it cannot be
 * reached, or fails. `PROVIDER_CONTEXT`: the conversation is too long for the model. `PROVIDER_REQUEST`: it refuses the request for another
 * reason. `PROVIDER_REPLY`: what it answered is not understood.
 * @param message What was expected and what was found, in one sentence, without any secret.
 * @param options `retryAfterMs`: milliseconds to wait; `hint`: the next step for the person; `cause`: the error underneath.
 * @returns The error, ready to throw.
 * @example
 * const error = providerError('PROVIDER_RATE_LIMIT', 'the limit of 50 requests a minute is reached', { retryAfterMs: 12_000 });
 * error.retryAfterMs; // 12000
 */
export function providerError(code: ProviderErrorCode, message: string, options: { retryAfterMs?: number; hint?: string; cause?: unknown } = {}): ProviderError {
  const { retryAfterMs, ...rest } = options;
  return Object.assign(coded(code, message, rest), { code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/**
 * Defines a provider of models: the default export of a file that a plugin names under `contributes.providers`.
 *
 * @param definition What it can do, and how it is asked. `@toka/sdk/testing` has the checks that it must pass.
 * @returns The provider as toka's gateway sees it: requests beyond `supports` are refused with `PROVIDER_REQUEST`, and an answer that does not
 * end with exactly one `finish` fails with `PROVIDER_REPLY`.
 * @example
 * export default defineProvider({
 *   id: 'echo',
 *   summary: 'Answer with what was said last',
 *   supports: { tools: false, images: false, schema: false },
 *   async *stream({ messages }) {
 *     const last = messages.at(-1);
 *     yield { type: 'text', text: last?.role === 'user' ? JSON.stringify(last.parts) : '' };
 *     yield { type: 'finish', reason: 'stop' };
 *   },
 * });
 */
export function defineProvider(definition: Provider): Provider {
  return { ...definition, stream: (request, host) => guarded(definition, request, host) };
}

async function* guarded(definition: Provider, request: ModelRequest, host: ProviderHost): AsyncGenerator<ModelEvent> {
  host.signal.throwIfAborted();
  demandSupported(definition, request);
  let finished = false;
  try {
    for await (const event of definition.stream(request, host)) {
      host.signal.throwIfAborted();
      if (finished) throw providerError('PROVIDER_REPLY', `${definition.id} went on after its end, with ${event.type}`);
      finished = event.type === 'finish';
      yield event;
    }
  } catch (cause) {
    host.signal.throwIfAborted();
    if (isCoded(cause) && CODES.some((code) => code === cause.code)) throw cause;
    throw providerError('PROVIDER_UNAVAILABLE', `${definition.id} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  host.signal.throwIfAborted();
  if (!finished) throw providerError('PROVIDER_REPLY', `the answer of ${definition.id} broke off`);
}

function demandSupported({ id, supports }: Provider, { messages, schema, tools = [] }: ModelRequest): void {
  const demands = {
    tools: tools.length > 0,
    images: messages.some((message) => message.role === 'user' && message.parts.some(({ type }) => type === 'image')),
    schema: schema !== undefined,
  };
  for (const what of ['tools', 'images', 'schema'] as const) {
    if (demands[what] && !supports[what]) throw providerError('PROVIDER_REQUEST', `${id} supports no ${what}`, { hint: 'choose another provider' });
  }
}
