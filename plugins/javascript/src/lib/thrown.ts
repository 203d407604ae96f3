import type { CodeResult } from '@toka/sdk';
import { BEFORE } from './frame.ts';
import { parsePlain } from './plain.ts';

type Failure = Extract<CodeResult, { ok: false }>['failure'];

/** What toka's own part of an isolate throws keeps its code. */
const OWN = ['CODE_IMPORT_UNAVAILABLE', 'CODE_RESULT_INVALID'];

const MOST_FRAMES = 10;

/** What is said of code that threw: its message, where in its source, and by which calls. */
export function failureOf(text: string, source: string): Failure {
  const { name, message, stack, code, hint } = parseThrown(text);
  const [place, ...callers] = framesOf(stack, source);
  const what = name === '' ? `thrown: ${message}` : `${name}${code === '' ? '' : ` [${code}]`}: ${message}`;
  const lines = callers.length === 0 ? '' : callers.map((frame) => `\n    at ${frame}`).join('');
  return {
    code: OWN.includes(code) ? code : 'CODE_THREW',
    message: `${OWN.includes(code) ? message : what}${place === undefined ? '' : ` (${place})`}${lines}`,
    ...(hint === '' ? {} : { hint }),
  };
}

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: string;
  readonly hint: string;
}

/** What an isolate says may be anything. */
function parseThrown(text: string): Thrown {
  const parts = attempt(() => parsePlain(text, () => undefined));
  const part = (name: string) => {
    const value = typeof parts === 'object' && parts !== null && !Array.isArray(parts) && Object.hasOwn(parts, name) ? parts[name] : '';
    return typeof value === 'string' ? value : '';
  };
  return { name: part('name'), message: part('message'), stack: part('stack'), code: part('code'), hint: part('hint') };
}

function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}

/** The places in the code itself, without what toka has put around it. */
function framesOf(stack: string, source: string): string[] {
  const frames = stack.split('\n').flatMap((line) => {
    const found = /^ {4}at (?:(?<caller>.*) \()?(?<file>.*):(?<line>\d+):(?<column>\d+)\)?$/.exec(line)?.groups;
    if (found === undefined || found['file'] !== source) return [];
    // The interpreter counts the columns of the first line from 0, and those of all others from 1.
    const column = found['line'] === '1' ? Math.max(1, Number(found['column']) + 1 - BEFORE.length) : found['column'];
    const place = `${source}:${found['line']}:${column}`;
    const caller = found['caller'];
    return [caller === undefined || caller === '<anonymous>' ? place : `${caller} (${place})`];
  });
  return frames.slice(0, MOST_FRAMES);
}
