import { providerError, type FinishReason, type JsonObject, type ModelEvent } from '@toka/sdk';

/** What is read of a piece of the answer. */
interface Chunk {
  readonly choices?: readonly { readonly delta?: Delta; readonly finish_reason?: string | null }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
}

interface Delta {
  readonly content?: string | null;
  readonly tool_calls?: readonly { readonly index: number; readonly id?: string; readonly function?: { readonly name?: string; readonly arguments?: string } }[];
}

const REASONS: Readonly<Record<string, FinishReason>> = { stop: 'stop', length: 'length', tool_calls: 'tool-calls', content_filter: 'filtered' };

/** Reads the server's events. Tool calls come in pieces, and are given on when they are whole. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<ModelEvent> {
  const calls: { id: string; name: string; text: string }[] = [];
  let reason: FinishReason | undefined;
  for await (const { choices = [], usage } of chunksOf(body)) {
    const { delta = {}, finish_reason: finished } = choices[0] ?? {};
    if (delta.content) yield { type: 'text', text: delta.content };
    for (const { index, id = '', function: { name = '', arguments: text = '' } = {} } of delta.tool_calls ?? []) {
      const call = (calls[index] ??= { id: '', name: '', text: '' });
      calls[index] = { id: call.id + id, name: call.name + name, text: call.text + text };
    }
    if (usage) yield { type: 'usage', inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0 };
    if (finished) reason = REASONS[finished] ?? 'stop';
  }
  // The usage comes after the reason.
  for (const { id, name, text } of calls) yield { type: 'tool-call', id, name, params: read(text === '' ? '{}' : text) as JsonObject };
  if (reason) yield { type: 'finish', reason };
}

async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'data: [DONE]') return;
      if (line.startsWith('data:')) yield read(line.slice('data:'.length));
      else if (line !== '' && !line.startsWith(':')) throw providerError('PROVIDER_REPLY', `expected a line of data, found ${JSON.stringify(line.slice(0, 100))}`);
    }
  }
}

function read(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw providerError('PROVIDER_REPLY', `expected JSON, found ${JSON.stringify(text.slice(0, 100))}`, { cause });
  }
  throw providerError('PROVIDER_REPLY', `expected a JSON object, found ${text.slice(0, 100)}`);
}
