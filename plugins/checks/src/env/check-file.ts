import type { EnvText, Entry } from './grammar.ts';
import { lineIndex, parseEnv } from './grammar.ts';
import type { Note } from './finding.ts';
import { mask, showName } from './mask.ts';
import { isPlaceholder } from './placeholders.ts';
import { findSecrets, looksGenerated } from './secrets.ts';
import type { Spec } from './spec.ts';
import { checkSyntax } from './syntax.ts';
import { checkValues } from './values.ts';

export interface ReadFile {
  /** The file as it is. */
  readonly source: string;
  readonly parsed: EnvText;
  /** The entry that wins, by name. */
  readonly entries: ReadonlyMap<string, Entry>;
}

export function readEnv(source: string): ReadFile {
  const parsed = parseEnv(source);
  return { source, parsed, entries: new Map(parsed.entries.map((entry) => [entry.key, entry])) };
}

/** What is wrong with a file of real values: how it is written, placeholders, empty values, unknown names, wrong types. */
export async function checkEnvFile(file: ReadFile, spec: Spec | undefined): Promise<Note[]> {
  const place = lineIndex(file.parsed.text);
  const notes = checkSyntax(file.source, file.parsed);
  for (const entry of file.entries.values()) {
    const key = showName(entry.key);
    const at = place(entry.valueStart);
    if (isPlaceholder(entry.value)) {
      notes.push({
        kind: 'placeholder',
        severity: 'error',
        ...at,
        key,
        message: `${key} still holds a placeholder (${mask(entry.value)})`,
      });
    }
    notes.push(...emptiness(entry, key, at, spec), ...references(entry, key, at, file.entries));
    if (spec?.extra !== undefined && !spec.keys.has(entry.key)) {
      notes.push({ kind: 'extra', severity: spec.extra, ...place(entry.keyStart), key, message: `${key} is not in the example or schema` });
    }
  }
  return [...notes, ...(await wrongValues(file, spec, place))];
}

/** What is wrong with a file that is committed for others to copy: how it is written, and real secrets in values and comments alike. */
export function checkExampleFile({ source, parsed, entries }: ReadFile): Note[] {
  const notes = checkSyntax(source, parsed);
  const place = lineIndex(parsed.text);
  const hits = findSecrets(parsed.text);
  for (const { what, start, end, test } of hits) {
    const secret = mask(parsed.text.slice(start, end));
    const message = `holds what looks like a real ${what} (${secret}): take it out and revoke it, since this file is shared`;
    notes.push({ kind: 'secret', severity: test === true ? 'warning' : 'error', ...place(start), message });
  }
  for (const entry of entries.values()) {
    const known = hits.some(({ start, end }) => start < entry.end && end > entry.valueStart);
    if (known || !looksGenerated(entry.value)) continue;
    const key = showName(entry.key);
    const message = `${key} looks like a generated secret (${mask(entry.value)}); put a placeholder in its place if it is one`;
    notes.push({ kind: 'possible-secret', severity: 'warning', ...place(entry.valueStart), key, message });
  }
  return notes;
}

/** Names that are required and that no file sets. */
export function checkMissing(files: readonly ReadFile[], spec: Spec): Note[] {
  const notes: Note[] = [];
  for (const [key, { required }] of spec.keys) {
    if (!required || files.some(({ entries }) => entries.has(key))) continue;
    const name = showName(key);
    notes.push({ kind: 'missing', severity: 'error', key: name, message: `${name} is missing` });
  }
  return notes;
}

/** Whether a file holds at least one value that only its owner should know. */
export function holdsSecret({ parsed, entries }: ReadFile): boolean {
  return findSecrets(parsed.text).length > 0 || [...entries.values()].some(({ value }) => looksGenerated(value));
}

type At = { readonly line: number; readonly column: number };

function emptiness({ key, value }: Entry, name: string, at: At, spec: Spec | undefined): Note[] {
  const known = spec?.keys.get(key);
  if (value.trim() !== '' || known === undefined || known.mayBeEmpty) return [];
  return [{ kind: 'empty', severity: known.mustNotBeEmpty ? 'error' : 'warning', ...at, key: name, message: `${name} is empty` }];
}

const REFERENCE = /(?<!\\)\$(?:\{([A-Za-z_]\w*)(:?[-+?][^}]*)?\}|([A-Za-z_]\w*))/g;

function references({ value, quote }: Entry, name: string, at: At, entries: ReadonlyMap<string, Entry>): Note[] {
  if (quote === "'") return [];
  const found = [...value.matchAll(REFERENCE)].filter(([, braced]) => braced !== undefined);
  if (found.length === 0) return [];
  const notes: Note[] = [
    { kind: 'interpolation', severity: 'info', ...at, key: name, message: `${name} uses \${…}, which dotenv alone leaves as it is` },
  ];
  for (const [, target = '', fallback] of found) {
    if (fallback !== undefined || entries.has(target)) continue;
    const message = `${name} refers to ${showName(target)}, which this file does not set`;
    notes.push({ kind: 'undefined-reference', severity: 'warning', ...at, key: name, message });
  }
  return notes;
}

/** Values that are empty, placeholders or still to be expanded say nothing about their type. */
async function wrongValues({ entries }: ReadFile, spec: Spec | undefined, place: (offset: number) => At): Promise<Note[]> {
  if (spec?.schema === undefined) return [];
  const certain = [...entries].filter(([, { value }]) => value.trim() !== '' && !isPlaceholder(value) && !value.includes('${'));
  const values = new Map(certain.map(([name, { value }]) => [name, value]));
  const notes: Note[] = [];
  for (const { key, keyword, expected } of await checkValues(spec.schema, values)) {
    const entry = key === undefined ? undefined : entries.get(key);
    if (keyword === 'required' || keyword === 'additionalProperties') continue;
    const name = key === undefined ? 'the file' : showName(key);
    const at = entry === undefined ? {} : { ...place(entry.valueStart), key: name };
    const found = entry === undefined ? '' : `, found ${mask(entry.value)}`;
    notes.push({ kind: 'type', severity: 'error', ...at, message: `${name}: expected ${expected}${found}` });
  }
  return notes;
}
