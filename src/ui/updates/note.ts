import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { valid } from 'semver';
import { makeFolder } from '../../make-folder.ts';
import { replaceFile } from '../../replace-file.ts';

/** Something of which the registry has a newer version. */
export interface Update {
  /** Of the package: that of a plugin, or toka's own. */
  readonly name: string;
  readonly version: string;
  readonly newest: string;
}

/** What was found out when the registry was asked last, kept so that nothing waits for it. */
export interface UpdatesNote {
  readonly v: 1;
  /** When it was asked, milliseconds since 1970. */
  readonly asked: number;
  readonly updates: readonly Update[];
  /** Whether the person has been told. */
  readonly told: boolean;
}

const fileIn = (cache: string): string => join(cache, 'updates.json');

/** The note; undefined where there is none, or another thing than one. */
export function readNote(cache: string): UpdatesNote | undefined {
  try {
    const note = JSON.parse(readFileSync(fileIn(cache), 'utf8')) as Partial<UpdatesNote> | null;
    const isWhole = note?.v === 1 && Number.isSafeInteger(note.asked) && Array.isArray(note.updates) && note.updates.every(isUpdate);
    return isWhole ? (note as UpdatesNote) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws the error of the operating system */
export function writeNote(cache: string, note: UpdatesNote): void {
  makeFolder(dirname(fileIn(cache)), 0o700);
  replaceFile(fileIn(cache), JSON.stringify(note), 0o600);
}

const PACKAGE = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/;

function isUpdate(value: unknown): value is Update {
  const { name, version, newest } = (value ?? {}) as Partial<Update>;
  return typeof name === 'string' && PACKAGE.test(name) && isVersion(version) && isVersion(newest);
}

/** What a registry says is printed on a terminal: it is a version, or nothing. */
export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && valid(value) === value;
}
