import { writeSync } from 'node:fs';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const FRAME = /^\s*at (?:(?<called>.+) )?\(?wasm:\/\/[^)]*?wasm-function\[(?<index>\d+)\]:(?<offset>0x[0-9a-f]+)\)?$/;

/** What ended a module, with the place: the function's name where it has one, its number and the byte. The way there is printed. */
export function trapOf(thrown: unknown, name: string): Failure {
  const { message, stack = '' } = thrown as Error;
  const places = stack.split('\n').flatMap((line) => {
    const { called, index, offset } = FRAME.exec(line)?.groups ?? {};
    return offset === undefined ? [] : [`${called ?? 'a function'} (${name}:${index}:${offset})`];
  });
  writeSync(2, places.map((place) => `  at ${place}\n`).join(''));
  return { code: 'CODE_THREW', message: `trap: ${message}${places[0] === undefined ? ` (${name})` : ` in ${places[0]}`}` };
}
