import { HASH_BYTES } from './merkle.ts';

const HEX = 2 * HASH_BYTES;

/** SHA-256 as lower-case hex, which costs half of what a Buffer does. */
export type HexHasher = (content: Uint8Array | string) => string;

/** Hashes two hashes, all in hex. */
export type Join = (left: string, right: string) => string;

/** Makes a function that hashes a fixed beginning and two hashes; it has one buffer for all calls. */
export function joiner(hash: HexHasher, ...beginning: readonly number[]): Join {
  const bytes = Buffer.from([...beginning, ...Buffer.alloc(2 * HASH_BYTES)]);
  return (left, right) => {
    bytes.write(left, beginning.length, 'hex');
    bytes.write(right, beginning.length + HASH_BYTES, 'hex');
    return hash(bytes);
  };
}

/** What the tree says of the nodes that stand with a leaf. */
export interface TreeReport {
  /** A node does not fit what is below it. */
  node(position: number, level: number): void;
  /** A leaf in the log is not the one that its parent was made of, while the event is. */
  leaf(position: number): void;
}

/** A node as the log holds it and, where that differs, as what is below it gives: either may be the one that was changed. */
interface Node {
  readonly stored: string | undefined;
  readonly computed: string | undefined;
}

/** Folds the leaves of the log, one after the other, and compares each node that is stored. What cannot be told is undefined. */
export class TreeCheck {
  size = 0;
  readonly #hash: HexHasher;
  readonly #report: TreeReport;
  readonly #peaks: Node[] = [];
  readonly #node: Join;

  constructor(hash: HexHasher, report: TreeReport) {
    this.#hash = hash;
    this.#node = joiner(hash, 1);
    this.#report = report;
  }

  /**
   * @param nodes As stored, in hex and as many as the leaf completes; undefined where they are not there.
   * @param computed The leaf that the event gives, if that is another one than the stored.
   */
  accept(nodes: string | undefined, computed: string | undefined): void {
    this.size += 1;
    let node: Node = { stored: nodes?.slice(0, HEX), computed };
    for (let rest = this.size, level = 1; rest % 2 === 0; rest = Math.floor(rest / 2), level += 1) {
      const stored = nodes?.slice(level * HEX, (level + 1) * HEX);
      const left = this.#peaks.pop() as Node;
      const own = this.#join(valueOf(left), valueOf(node));
      if (stored !== undefined && own !== undefined && own !== stored && !this.#fitsOtherwise(left, node, level, stored)) this.#report.node(this.size, level);
      node = { stored, computed: own === stored ? undefined : own };
    }
    this.#peaks.push(node);
  }

  /** The root over all leaves so far. */
  root(): string | undefined {
    if (this.#peaks.length === 0) return this.#hash('');
    return this.#peaks.map(valueOf).reduceRight((right, left) => this.#join(left, right));
  }

  #join(left: string | undefined, right: string | undefined): string | undefined {
    return left === undefined || right === undefined ? undefined : this.#node(left, right);
  }

  /** Whether a node was made of what is below its children, or of the events: then they were changed, and that is said of them alone. */
  #fitsOtherwise(left: Node, right: Node, level: number, stored: string): boolean {
    for (const [isLeft, isRight] of [[true, false], [false, true], [true, true]] as const) {
      if (this.#join(isLeft ? left.computed : valueOf(left), isRight ? right.computed : valueOf(right)) !== stored) continue;
      if (level === 1 && isLeft) this.#report.leaf(this.size - 1);
      if (level === 1 && isRight) this.#report.leaf(this.size);
      return true;
    }
    return false;
  }
}

function valueOf({ stored, computed }: Node): string | undefined {
  return stored ?? computed;
}
