import type { JsonValue } from '@toka/sdk';
import type { Example, Tool } from '../../manifest/tool.ts';
import type { RunResult } from '../../toka.ts';

/** What came of one example. */
export interface Tried {
  readonly tool: Tool;
  readonly example: Example;
  readonly result: RunResult;
  readonly stderr: string;
  /** Files that are others than before, there or gone. */
  readonly changed: readonly string[];
  /** What the example's parameters fail by. */
  readonly invalid: string | undefined;
  /** What the same run ended with where it was given a millisecond. */
  readonly hurried: RunResult;
}

export interface Rule {
  /** Stable, for reports. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Says why it does not hold, or nothing. */
  judge(tried: Tried): string | undefined;
}

/** What each example of a tool must hold to. */
export const EXAMPLE_RULES: readonly Rule[] = [
  {
    id: 'example/params',
    name: 'its parameters match their schema',
    judge: ({ invalid }) => invalid,
  },
  {
    id: 'example/exit-code',
    name: 'it ends as its manifest says',
    judge: ({ example, result }) => {
      const expected = example.exitCode ?? 0;
      if (expected === 0 && result.status === 'succeeded') return undefined;
      if (expected !== 0 && result.status === 'failed' && result.exitCode === expected) return undefined;
      return `expected ${expected === 0 ? 'success' : `exit code ${expected}`}, found ${result.status}${result.error ? ` with ${result.error.code}: ${result.error.message}` : ''}`;
    },
  },
  {
    id: 'example/output',
    name: 'its data matches the output schema',
    judge: ({ tool, result }) => {
      if (result.error?.code === 'TOKA_OUTPUT_INVALID') return result.error.message;
      return tool.output !== undefined && result.status === 'succeeded' && result.data === undefined ? 'it declares data, and gave none' : undefined;
    },
  },
  {
    id: 'example/stderr',
    name: 'standard error says why it failed, and nothing that steers a terminal',
    judge: ({ tool, result, stderr }) => {
      if (/\u001B/.test(stderr)) return 'standard error has an escape sequence in it, with no terminal there';
      const isSilent = tool.executable.type !== 'native' && result.error?.code === 'TOKA_RUN_FAILED' && stderr.trim() === '';
      return isSilent ? 'it failed without a word on standard error' : undefined;
    },
  },
  {
    id: 'example/effect',
    name: 'with effect none or read it changes no file',
    judge: ({ tool, changed }) => (isPure(tool) && changed.length > 0 ? `its effect is ${tool.effect}, and it changed ${changed.slice(0, 5).join(', ')}` : undefined),
  },
  {
    id: 'example/timeout',
    name: 'it ends when its time is over',
    judge: ({ hurried }) => (hurried.status === 'timed-out' || hurried.status === 'succeeded' || hurried.status === 'failed' ? undefined : `expected timed-out, found ${hurried.status}`),
  },
];

function isPure({ effect }: Tool): boolean {
  return effect === 'none' || effect === 'read';
}

/** Codes of results that say that this machine, or nobody's grant, let it run: nothing is known of the tool then. */
const UNTRIED = ['TOKA_SANDBOX_UNAVAILABLE', 'TOKA_RUNTIME_UNAVAILABLE', 'TOKA_CAPABILITY_DENIED', 'TOKA_NETWORK_UNAVAILABLE', 'TOKA_SCOPE_UNSUPPORTED'];

/** Why an example could not be tried, if it could not. */
export function untried({ error, status }: RunResult): string | undefined {
  // A tool may say the same of what it was denied while it ran.
  if (!error || !UNTRIED.includes(error.code) || (status === 'failed' && error.code === 'TOKA_CAPABILITY_DENIED')) return undefined;
  return `${error.code}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`;
}

/** The parameters as the example gives them. */
export function paramsOf({ params }: Example): Record<string, JsonValue> {
  return { ...structuredClone(params) };
}
