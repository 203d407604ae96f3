import { Script } from 'node:vm';

export interface Problem {
  readonly message: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** The line that it stands in. */
  readonly text: string;
}

/** What is wrong with a program that does not compile, as Node.js sees it: it knows places better than the interpreter. */
export function problemOf(source: string): Problem | undefined {
  try {
    // Compiled, never run.
    new Script(source, { filename: '' });
    return undefined;
  } catch (error) {
    return problemIn(error as Error);
  }
}

/** What an error of a compiler says: the place, the line (after some before it) and a mark below it stand above its message. */
export function problemIn({ message, stack = '' }: Error): Problem | undefined {
  const found = /^:(?<line>\d+)\n(?:.*\n)*?(?<text>.*)\n(?<space> *)\^+\n/.exec(stack);
  if (found?.groups === undefined) return undefined;
  const { line = '', text = '', space = '' } = found.groups;
  return { message, line: Number(line), column: space.length + 1, text };
}
