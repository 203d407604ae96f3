import type { CodeResult } from '@toka/sdk';
import { BEFORE } from './frame.ts';
import type { Thrown } from './messages.ts';

type Failure = Extract<CodeResult, { ok: false }>['failure'];

/** What toka's own part of an isolate throws keeps its code. */
const OWN = ['CODE_IMPORT_UNAVAILABLE', 'CODE_RESULT_INVALID'];

const MOST_FRAMES = 10;

/** What is said of code that threw: its message, where in its source, and by which calls. */
export function failureOf({ name, message, stack, code, hint }: Thrown, source: string): Failure {
  const [place, ...callers] = framesOf(stack, source);
  const what = name === '' ? `thrown: ${message}` : `${name}${code === '' ? '' : ` [${code}]`}: ${message}`;
  const lines = callers.length === 0 ? '' : callers.map((frame) => `\n    at ${frame}`).join('');
  return {
    code: OWN.includes(code) ? code : 'CODE_THREW',
    message: `${OWN.includes(code) ? message : what}${place === undefined ? '' : ` (${place})`}${lines}`,
    ...(hint === '' ? {} : { hint }),
  };
}

/** The places in the code itself, without what toka has put around it. */
function framesOf(stack: string, source: string): string[] {
  const frames = stack.split('\n').flatMap((line) => {
    const found = /^ {4}at (?:(?<caller>.*) \()?(?<file>.*):(?<line>\d+):(?<column>\d+)\)?$/.exec(line)?.groups;
    if (found === undefined || found['file'] !== source) return [];
    const column = found['line'] === '1' ? Math.max(1, Number(found['column']) - BEFORE.length) : found['column'];
    const place = `${source}:${found['line']}:${column}`;
    const caller = found['caller'];
    return [caller === undefined || caller === '<anonymous>' ? place : `${caller} (${place})`];
  });
  return frames.slice(0, MOST_FRAMES);
}
