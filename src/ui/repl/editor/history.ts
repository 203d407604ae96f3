import { appendFileSync, chmodSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../../make-folder.ts';
import { replaceFile } from '../../../replace-file.ts';

const MAX_ENTRIES = 1000;
/** What was pasted is not kept for ever. */
const MAX_LETTERS = 10_000;

/** What a person has said before, in this session and in earlier ones; the newest last. */
export class History {
  readonly #file: string | undefined;
  readonly #entries: string[];
  /** Where the person is in it; the number of entries where they write something new. */
  #at: number;
  #draft = '';

  /** Without a file nothing is kept. */
  constructor(file?: string) {
    this.#file = file;
    this.#entries = file === undefined ? [] : read(file);
    this.#at = this.#entries.length;
  }

  /** A text that begins with a space is not kept, as shells do it. */
  add(text: string): void {
    if (text.trim() !== '' && !text.startsWith(' ') && text.length <= MAX_LETTERS && this.#entries.at(-1) !== text) {
      this.#entries.push(text);
      this.#append(text);
    }
    this.#at = this.#entries.length;
  }

  older(draft: string): string | undefined {
    if (this.#at === 0) return undefined;
    if (this.#at === this.#entries.length) this.#draft = draft;
    this.#at -= 1;
    return this.#entries[this.#at];
  }

  newer(): string | undefined {
    if (this.#at === this.#entries.length) return undefined;
    this.#at += 1;
    return this.#entries[this.#at] ?? this.#draft;
  }

  /** The nearest entry before a position that holds a text. */
  search(query: string, before = this.#entries.length): { readonly at: number; readonly text: string } | undefined {
    const wanted = query.toLowerCase();
    const at = this.#entries.findLastIndex((entry, index) => index < before && entry.toLowerCase().includes(wanted));
    const text = this.#entries[at];
    return text === undefined ? undefined : { at, text };
  }

  #append(text: string): void {
    if (this.#file === undefined) return;
    try {
      makeFolder(dirname(this.#file), 0o700);
      appendFileSync(this.#file, `${JSON.stringify(text)}\n`, { mode: 0o600 });
    } catch {
      // Nobody loses work by a history that is not kept.
    }
  }
}

function read(file: string): string[] {
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
  const kept = lines.slice(-MAX_ENTRIES);
  try {
    chmodSync(file, 0o600);
    if (lines.length > 2 * MAX_ENTRIES) replaceFile(file, `${kept.join('\n')}\n`, 0o600);
  } catch {
    // The same: it is only longer than it should be.
  }
  return kept.flatMap((line) => {
    try {
      const text: unknown = JSON.parse(line);
      return typeof text === 'string' ? [text] : [];
    } catch {
      return [];
    }
  });
}
