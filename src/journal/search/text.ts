import type { JsonValue } from '@toka/sdk';
import { onOneLine, plain } from '../../manifest/plain.ts';
import type { Passage } from '../contract.ts';
import type { Kept, RunEvent, RunOutput, StoredEvent } from '../events.ts';

/** A part of what is recorded of a run, as one line of plain text. */
export interface Section {
  readonly field: Field;
  readonly text: string;
}

/** Where something can be found, and how many characters of it count; together they fit in one document of a storage. */
const FIELDS: Readonly<Record<Field, number>> = { tool: 1000, params: 20_000, command: 10_000, error: 5000, denied: 2000, data: 15_000, stderr: 23_000, stdout: 23_000 };

type Field = Passage['field'];

/** Reads the bytes of a blob. */
type BlobReader = (sha256: string) => Promise<Uint8Array>;

/**
 * Says of a run what it can be found by: of what is longer than counts, the beginning and the end.
 *
 * @param events All of the run, in order.
 */
export async function sectionsOf(events: readonly StoredEvent[], blob: BlobReader): Promise<Section[]> {
  const texts = new Map<Field, string[]>();
  const add = (field: Field, text: string): void => {
    const known = texts.get(field);
    if (known) known.push(text);
    else texts.set(field, [text]);
  };
  for (const { event } of events) await tell(event, add, blob);
  return [...texts].map(([field, parts]) => ({ field, text: shown(parts.join(field === 'stdout' || field === 'stderr' ? '' : '\n'), FIELDS[field]) })).filter(({ text }) => text !== '');
}

async function tell(event: RunEvent, add: (field: Field, text: string) => void, blob: BlobReader): Promise<void> {
  switch (event.type) {
    case 'run.requested':
      add('tool', event.tool ?? event.model);
      add('params', linesOf(await valueOf(event.params, blob)));
      break;
    case 'run.started':
    case 'run.resumed':
      if (event.command) add('command', event.command.join(' '));
      break;
    case 'run.output':
      add(event.stream, await outputOf(event, blob));
      break;
    case 'run.finished':
      if (event.error) add('error', `${event.error.code}\n${event.error.message}\n${event.error.hint ?? ''}`);
      for (const { capability, reason } of event.denied ?? []) add('denied', `${capability}: ${reason}`);
      if (event.data) add('data', linesOf(await valueOf(event.data, blob)));
      break;
    default:
  }
}

/** `path.to.value: text`, a line each: JSON's own escapes would be read as letters. A value may be as deep, and have as many members, as its tool liked. */
function linesOf(whole: JsonValue): string {
  const lines: string[] = [];
  const left: { readonly path: string; readonly value: JsonValue }[] = [{ path: '', value: whole }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { path, value } = next;
    if (typeof value !== 'object' || value === null) lines.push(path === '' ? String(value) : `${path}: ${String(value)}`);
    else for (const [name, member] of Object.entries(value).toReversed()) left.push({ path: path === '' ? name : `${path}.${name}`, value: member });
  }
  return lines.join('\n');
}

async function valueOf(kept: Kept, blob: BlobReader): Promise<JsonValue> {
  return 'inline' in kept ? kept.inline : (JSON.parse(textOf(await blob(kept.blob))) as JsonValue);
}

async function outputOf({ kept }: RunOutput, blob: BlobReader): Promise<string> {
  if ('blob' in kept) return textOf(await blob(kept.blob));
  return typeof kept.inline === 'string' ? kept.inline : JSON.stringify(kept.inline);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function shown(text: string, limit: number): string {
  const cut = text.length <= limit ? text : `${text.slice(0, limit / 2)} … ${text.slice(-limit / 2)}`;
  return onOneLine(plain(cut)).trim();
}
