import { coded, type CodedError } from '@toka/sdk';

const FRAME = /^\s*at (?:(?<name>.+) )?\(?wasm:\/\/[^)]*?wasm-function\[(?<index>\d+)\]:(?<offset>0x[0-9a-f]+)\)?$/;

/** What ended a module, with its functions on the way there; those are printed as well. */
export function trapOf(thrown: unknown, name: string): CodedError {
  const { message, stack = '' } = thrown as Error;
  const places = stack.split('\n').flatMap((line) => {
    const { name: called, index, offset } = FRAME.exec(line)?.groups ?? {};
    return offset === undefined ? [] : [`${called ?? `function ${index}`}, byte ${offset}`];
  });
  for (const place of places) process.stderr.write(`  at ${place} of ${name}\n`);
  return coded('CODE_THREW', `trap: ${message} (${name}${places[0] === undefined ? '' : `: ${places[0]}`})`, { cause: thrown });
}
