import { stripVTControlCharacters } from 'node:util';
import type { Diagnostic } from '../step.ts';
import { matchers } from './matchers.ts';

const MOST = 200;
const LONGEST_LINE = 2000;

/**
 * Finds places and messages in the output of compilers, linters and test runners.
 *
 * @param output Both streams, colours and all.
 * @returns At most 200, in the order of the output, each once; paths as they were printed.
 */
export function parseDiagnostics(output: string): Diagnostic[] {
  const lines = stripVTControlCharacters(output)
    .split(/\r\n|\n|\r/)
    .map((line) => line.slice(0, LONGEST_LINE));
  const found = new Map<string, Diagnostic>();
  for (let at = 0; at < lines.length && found.size < MOST; at++) {
    for (const match of matchers) {
      const diagnostic = match(lines, at);
      if (diagnostic === undefined) continue;
      if (isSource(diagnostic.path))
        found.set(`${diagnostic.path}:${diagnostic.line}:${diagnostic.column ?? ''}:${diagnostic.message}`, diagnostic);
      break;
    }
  }
  return [...found.values()];
}

/** What lies in libraries and runtimes is nobody's to mend here. */
function isSource(path: string): boolean {
  return !/(^|\/)(node_modules|site-packages|dist-packages)\/|^node:|^<|^\/rustc\//.test(path);
}
