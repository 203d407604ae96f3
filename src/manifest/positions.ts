import { isMap, isScalar, isSeq } from 'yaml';
import type { Node, Pair } from 'yaml';
import type { Path, Position } from './issue.ts';

interface Entry {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** Where the parts of a parsed text stand. Nothing is computed before something is asked for. */
export class Positions {
  readonly #source: string;
  readonly #root: Node | null;
  readonly #members = new WeakMap<Node, Map<string, Pair>>();
  #lineStarts: readonly number[] | undefined;

  constructor(source: string, root: Node | null) {
    this.#source = source;
    this.#root = root;
  }

  /** The position of an offset in the text. */
  at(offset: number): Position {
    this.#lineStarts ??= findLineStarts(this.#source);
    const line = countUpTo(this.#lineStarts, offset);
    return { line, column: offset - this.#lineStarts[line - 1]! + 1 };
  }

  /** The position of a part, or of the nearest part around it that exists. */
  locate(path: Path, at: 'key' | 'value' = 'value'): Position {
    let entry: Entry = { key: this.#root, value: this.#root };
    for (const part of path) {
      const next = this.#child(entry.value, part);
      if (next === undefined) return this.at(startOf(entry.key ?? entry.value));
      entry = next;
    }
    return this.at(startOf(at === 'key' ? (entry.key ?? entry.value) : (entry.value ?? entry.key)));
  }

  /** The text of a plain value as it is written, without quotes. */
  sourceOf(path: Path): string | undefined {
    const node = path.reduce<Node | null>((around, part) => this.#child(around, part)?.value ?? null, this.#root);
    return isScalar(node) ? node.source : undefined;
  }

  #child(node: Node | null, part: string | number): Entry | undefined {
    if (isMap(node)) {
      const pair = this.#membersOf(node).get(String(part));
      return pair === undefined ? undefined : { key: pair.key as Node, value: pair.value as Node | null };
    }
    if (!isSeq(node) || typeof part !== 'number' || part >= node.items.length) return undefined;
    const item = node.items[part] as Node | null;
    return { key: item, value: item };
  }

  #membersOf(node: Node & { readonly items: readonly Pair[] }): Map<string, Pair> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const members = new Map(node.items.map((pair) => [keyText(pair.key), pair]));
    this.#members.set(node, members);
    return members;
  }
}

/** The text of a key; an empty one for the key that is left out. */
export function keyText(key: unknown): string {
  if (!isScalar(key)) return '';
  return typeof key.value === 'string' ? key.value : (key.source ?? '');
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function findLineStarts(source: string): number[] {
  const starts = [0];
  for (let end = source.indexOf('\n'); end !== -1; end = source.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

/** How many of the sorted numbers are not greater than the limit. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
