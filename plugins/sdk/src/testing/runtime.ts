import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallResult } from '../context.ts';
import type { JsonObject } from '../json.ts';
import type { CallableTool, CodeOrder, Runtime } from '../runtime.ts';
import { same } from './expect.ts';
import { type Attempt, drive, type DriveOptions, hostIn } from './runtime-drive.ts';

/** Source texts in one of the runtime's languages, each of which does what its name says. */
export interface RuntimeSamples {
  readonly language: string;
  /** Ends with the result `{"sum": a + b}` of its parameters `a` and `b`. */
  readonly result: string;
  /** Prints the line `to stdout`, and the line `to stderr` to standard error. */
  readonly prints: string;
  /** Fails on its second line with the message `broken on purpose`. Only where the language has errors with messages. */
  readonly throws?: string;
  /** Has an error of syntax on its second line. Only where the language is parsed. */
  readonly syntax?: string;
  /** Prints `started`, and then never ends. */
  readonly endless: string;
  /** Calls the tool `echo` with `{"text": "hi"}` and ends with its data. Only where calls are supported. */
  readonly calls?: string;
  /** Calls the tool `echo` with `{"text": "fail"}`, which fails, and ends with the code of the error. Only where calls are supported. */
  readonly failingCall?: string;
}

/** A rule for runtimes. */
export interface RuntimeCheck {
  /** Stable, for reports. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Rejects with the reason where it does not hold. */
  run(runtime: Runtime, samples: RuntimeSamples): Promise<void>;
}

const ECHO: CallableTool = {
  alias: 'echo',
  name: 'testing/echo',
  summary: 'Give back what it was given',
  params: { type: 'object', properties: { text: { type: 'string', description: 'The text' } }, required: ['text'], additionalProperties: false },
};
const LIMITS = { memory: 1024 * 1024 * 1024, timeoutMs: 10_000, maxOutput: 1024 * 1024, maxValue: 1024 * 1024, maxCalls: 10 };

/**
 * What every runtime must hold to, whatever its language. A program is started without a sandbox, and spoken to by the protocol of runtimes.
 *
 * @example
 * import { test } from 'node:test';
 * import { runtimeChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of runtimeChecks) test(name, () => run(runtime, samples));
 */
export const runtimeChecks: readonly RuntimeCheck[] = [
  {
    id: 'runtime/probe',
    name: 'it says whether it can run here, and what to do where it cannot',
    run: async (runtime) =>
      inFolder(async (folder) => {
        const probe = await runtime.probe?.(hostIn(folder));
        if (probe?.available === false) throw new Error(`it is not available here: ${probe.reason} (${probe.hint})`);
      }),
  },
  {
    id: 'runtime/languages',
    name: 'the language of the samples is one of its own',
    run: async ({ languages }, { language }) => same(Object.hasOwn(languages, language), true, `whether it has the language ${language}`),
  },
  {
    id: 'runtime/program',
    name: 'the same program is started for the same language',
    run: async (runtime, { language }) => {
      if (runtime.isolation === 'isolate') return;
      const order = { language, requirements: [] };
      await inFolder(async (folder) => same(await runtime.program(order, hostIn(folder)), await runtime.program(order, hostIn(folder)), 'the program'));
    },
  },
  check('runtime/result', 'parameters go in, and the typed result comes out', async (attempt, { result }) => {
    const { result: found, faults } = await attempt(result);
    same([found, faults], [{ ok: true, data: { sum: 5 } }, []], 'the result, and faults of the protocol');
  }),
  check('runtime/late-order', 'a program that is kept waiting takes its order when it comes', async (attempt, { result }) => {
    const { result: found } = await attempt(result, { delayMs: 300 });
    same(found, { ok: true, data: { sum: 5 } }, 'the result');
  }),
  check('runtime/print', 'what code prints comes out as it is', async (attempt, { prints }) => {
    const { stdout, stderr, faults } = await attempt(prints);
    same([stdout, stderr.includes('to stderr\n'), faults], ['to stdout\n', true, []], 'standard output, whether the line is in standard error, faults of the protocol');
  }),
  check('runtime/throws', 'an error is a failure with its message and its line', async (attempt, { throws }) => {
    if (throws === undefined) return;
    const { result: found, faults } = await attempt(throws);
    same(placed(found, 'CODE_THREW', 'broken on purpose'), 'as it should be', 'the failure');
    same(faults, [], 'faults of the protocol');
  }),
  check('runtime/syntax', 'an error of syntax is a failure with its line', async (attempt, { syntax }) => {
    if (syntax !== undefined) same(placed((await attempt(syntax)).result, 'CODE_SYNTAX', ''), 'as it should be', 'the failure');
  }),
  check('runtime/calls', 'a call of a tool gets its data', async (attempt, { calls = '' }, { supports }) => {
    if (!supports.calls) return;
    const { result: found, faults } = await attempt(calls);
    same([found, faults], [{ ok: true, data: { text: 'hi' } }, []], 'the result, and faults of the protocol');
  }),
  check('runtime/failing-call', 'a call that fails is an error with its code', async (attempt, { failingCall = '' }, { supports }) => {
    if (supports.calls) same((await attempt(failingCall)).result, { ok: true, data: 'ECHO_REFUSED' }, 'the result');
  }),
  check('runtime/cancel', 'a run that is cancelled has no result', async (attempt, { endless }) => {
    const { result: found, faults } = await attempt(endless, { cancelAfter: 'started' });
    same([found.ok, faults], [false, []], 'whether it has a result, and faults of the protocol');
  }),
];

type Try = (source: string, options?: Partial<DriveOptions>) => Promise<Attempt>;

function check(id: string, name: string, work: (attempt: Try, samples: RuntimeSamples, runtime: Runtime) => Promise<void>): RuntimeCheck {
  return {
    id,
    name,
    run: async (runtime, samples) => {
      const attempt: Try = async (source, options = {}) => drive(runtime, orderOf(samples.language, source, runtime.supports.calls), { call: echo, ...options });
      await work(attempt, samples, runtime);
    },
  };
}

function orderOf(language: string, source: string, calls: boolean): CodeOrder {
  return { runId: '00000000-0000-7000-8000-000000000000', language, source, name: 'sample', params: { a: 2, b: 3 }, tools: calls ? [ECHO] : [], requirements: [], limits: LIMITS };
}

function echo(tool: string, params: JsonObject): CallResult {
  const base = { runId: '00000000-0000-7000-8000-000000000001', output: '' };
  if (tool === ECHO.name && params['text'] !== 'fail') return { ...base, status: 'succeeded', data: params };
  return { ...base, status: 'failed', error: { code: 'ECHO_REFUSED', message: `${tool} refuses ${JSON.stringify(params)}` } };
}

/** What is wrong with a failure that should have this code, this message and the second line. */
function placed(result: Attempt['result'], code: string, message: string): string {
  if (result.ok) return 'no failure';
  const { failure } = result;
  const said = `${failure.message} ${failure.hint ?? ''}`;
  const isRight = failure.code === code && said.includes(message) && /(?::|line )2\b/.test(said);
  return isRight ? 'as it should be' : `${failure.code}: ${said}`;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'toka-runtime-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
