import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4FinishReason, LanguageModelV4StreamPart, LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { type FinishReason, isCoded, type JsonObject, type ModelEvent, type ModelRequest, providerError } from '@toka/sdk';
import { toFailure } from './failure.ts';
import { Names } from './names.ts';
import { toCallOptions } from './prompt.ts';

export interface AskOptions {
  readonly signal: AbortSignal;
  /** The variable that the key stands in, for messages. */
  readonly keyName: string;
  /** What this service takes beside the rest. */
  readonly adapt?: (options: LanguageModelV4CallOptions) => LanguageModelV4CallOptions;
}

/** Asks a model by the library that speaks its protocol. */
export async function* ask(model: LanguageModelV4, request: ModelRequest, { signal, keyName, adapt = (options) => options }: AskOptions): AsyncGenerator<ModelEvent> {
  const names = new Names(request);
  try {
    const { stream } = await model.doStream({ ...adapt(toCallOptions(request, names)), abortSignal: signal });
    yield* eventsOf(stream, names);
  } catch (thrown) {
    signal.throwIfAborted();
    throw toFailure(thrown, keyName);
  }
}

type Stream = Awaited<ReturnType<LanguageModelV4['doStream']>>['stream'];

async function* eventsOf(stream: Stream, names: Names): AsyncGenerator<ModelEvent> {
  const metadata = new Map<string, JsonObject>();
  let hasCalls = false;
  for await (const part of uncut(stream)) {
    switch (part.type) {
      case 'text-delta':
        yield { type: 'text', text: part.delta };
        break;
      case 'reasoning-start':
        gather(metadata, part.id, part.providerMetadata);
        break;
      case 'reasoning-delta':
        gather(metadata, part.id, part.providerMetadata);
        if (part.delta !== '') yield { type: 'reasoning', text: part.delta };
        break;
      case 'reasoning-end': {
        const found = gather(metadata, part.id, part.providerMetadata);
        // Ends this part of its reasoning, so that the next one is not taken for its rest.
        if (found) yield { type: 'reasoning', text: '', metadata: found };
        metadata.delete(part.id);
        break;
      }
      case 'tool-call':
        hasCalls = true;
        yield { type: 'tool-call', id: part.toolCallId, name: names.toOwn(part.toolName), ...readParams(part.input), ...(part.providerMetadata === undefined ? {} : { metadata: plain(part.providerMetadata) }) };
        break;
      case 'error':
        throw part.error;
      case 'finish':
        yield* usageOf(part.usage);
        yield { type: 'finish', reason: reasonOf(part.finishReason, hasCalls) };
        break;
      default:
    }
  }
}

/** Whatever the network says when a connection is cut, it means that. */
async function* uncut(stream: Stream): AsyncGenerator<LanguageModelV4StreamPart> {
  try {
    yield* stream;
  } catch (cause) {
    // What a stream throws may stand behind the library's own error.
    const own = [cause, cause instanceof Error ? cause.cause : undefined].filter(isCoded).find(({ code }) => code.startsWith('PROVIDER_'));
    throw own ?? providerError('PROVIDER_REPLY', 'the answer broke off', { cause });
  }
}

/** Adds what comes with one piece to what came before, by the name of the service. */
function gather(all: Map<string, JsonObject>, id: string, more: SharedV4ProviderMetadata | undefined): JsonObject | undefined {
  const before = all.get(id);
  if (more === undefined) return before;
  const added = Object.entries(plain(more)).map(([name, facts]) => [name, { ...(before?.[name] as JsonObject | undefined), ...(facts as JsonObject) }] as const);
  const now = { ...before, ...Object.fromEntries(added) };
  all.set(id, now);
  return now;
}

function plain(metadata: SharedV4ProviderMetadata): JsonObject {
  return JSON.parse(JSON.stringify(metadata)) as JsonObject;
}

function readParams(text: string): { readonly params: JsonObject; readonly malformed?: string } {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { params: value as JsonObject };
  } catch {
    // Falls through to what any other JSON gives.
  }
  return { params: {}, malformed: text };
}

function* usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage): Generator<ModelEvent> {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return;
  const { cacheRead, cacheWrite } = inputTokens;
  const { reasoning } = outputTokens;
  yield {
    type: 'usage',
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    ...(cacheRead === undefined ? {} : { cachedTokens: cacheRead }),
    ...(cacheWrite === undefined || cacheWrite === 0 ? {} : { cacheWriteTokens: cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

const REASONS: Partial<Record<LanguageModelV4FinishReason['unified'], FinishReason>> = { stop: 'stop', length: 'length', 'content-filter': 'filtered', 'tool-calls': 'tool-calls' };

/** Services end with a reason, if only one that nobody knows. */
function reasonOf({ unified, raw }: LanguageModelV4FinishReason, hasCalls: boolean): FinishReason {
  if (unified === 'error' || unified === 'interrupted' || (unified === 'other' && raw === undefined)) throw providerError('PROVIDER_REPLY', 'the answer broke off');
  const reason = REASONS[unified] ?? 'stop';
  return reason === 'stop' && hasCalls ? 'tool-calls' : reason;
}
