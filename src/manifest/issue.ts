/** The keys and indices that lead from the root of a file's value to a part of it. */
export type Path = readonly (string | number)[];

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
}

/** Something wrong with a file, before its position is known. */
export interface Issue {
  readonly path: Path;
  /** Whether the key or the value at the path is meant. Default `value`. */
  readonly at?: 'key' | 'value';
  readonly code: ProblemCode;
  /** A phrase that completes `expected …`. */
  readonly expected?: string;
  /** A phrase that completes `found …`. */
  readonly found?: string;
  /** What was most likely meant, as it would be written. */
  readonly suggestion?: string;
}

/** What kind of problem it is: stable, for programs. */
export type ProblemCode =
  | 'alias'
  | 'bad-value'
  | 'conflict'
  | 'duplicate'
  | 'duplicate-key'
  | 'file-missing'
  | 'missing-key'
  | 'not-text'
  | 'out-of-range'
  | 'outside'
  | 'several-documents'
  | 'syntax'
  | 'too-deep'
  | 'too-large'
  | 'too-many'
  | 'unknown-key'
  | 'unknown-name'
  | 'unreadable'
  | 'wrong-type';

/** Something wrong with a file, as reported. */
export interface Problem {
  /** Keys and indices as one would write them: `spec.parameters[2].type`. Empty for the whole file. */
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly code: ProblemCode;
  /** The whole sentence without the place. */
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly suggestion?: string;
}

/** Prints a path as one would write it. */
export function printPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]{1,80}$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${quote(part)}]`;
  }
  return text;
}

/** Prints any value, of text at most so many characters, on one line with control characters escaped. */
export function quote(value: unknown, limit = 60): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return describeMap(value);
  if (typeof value !== 'string') return String(value);
  const cut = value.length > limit;
  const text = JSON.stringify(cut ? `${value.slice(0, limit)}…` : value);
  return text.replaceAll(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, escapeUnit);
}

function describeMap(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an empty map';
  return `a map with ${keys
    .slice(0, 3)
    .map((key) => quote(key))
    .join(', ')}${keys.length > 3 ? ', …' : ''}`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
