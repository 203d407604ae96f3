import { basename, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { isCoded, type ProcessResult, type ToolContext } from '@toka/sdk';
import { parseDiagnostics } from './diagnostics/parse.ts';
import type { Argv, Diagnostic, PlannedStep, StepResult } from './step.ts';

const TAIL_LINES = 60;
const TAIL_CHARACTERS = 6000;
/** Characters of output that are searched for diagnostics, from the end. */
const SEARCHED = 1024 ** 2;

export interface RunOptions {
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** The folder that the check was asked for, absolute; named where a write grant is missing. */
  readonly path: string;
  /** Called with each line of output. */
  onLine(line: string): void;
}

/** Carries a step out. What cannot be carried out is never a success. */
export async function runStep(step: PlannedStep, ctx: ToolContext, options: RunOptions): Promise<StepResult> {
  const { action } = step;
  const base = describeStep(step, ctx.cwd);
  if (action.kind === 'none') return { ...base, status: 'skipped', reason: action.reason };
  if (action.kind === 'unsupported') return { ...base, status: 'unavailable', reason: action.reason };
  if (action.kind === 'built-in') {
    const { agrees, message } = await action.check();
    return { ...base, status: agrees ? 'passed' : 'failed', reason: message };
  }
  const capability = `proc:exec:${basename(action.argv[0])}`;
  if (ctx.missing.includes(capability)) return { ...base, status: 'denied', reason: denial(capability) };
  const output = new Output(options.onLine);
  try {
    const result = await ctx.spawn(action.argv, {
      cwd: step.folder,
      timeoutMs: options.timeoutMs,
      ...(action.env === undefined ? {} : { env: action.env }),
      onOutput: (_stream, text) => output.add(text),
    });
    ctx.signal.throwIfAborted();
    return { ...base, ...judge(result, action.argv, output.text(result), step, ctx, options) };
  } catch (error) {
    ctx.signal.throwIfAborted();
    return { ...base, ...refusal(error, capability) };
  }
}

/** What is known of a step before it runs. */
export function describeStep({ ecosystem, folder, step, action, optional }: PlannedStep, cwd: string): Omit<StepResult, 'status'> {
  const command = action.kind === 'process' ? { command: [...action.argv] } : {};
  return { ecosystem, folder: relative(cwd, folder) || '.', step, ...command, ...(optional === true ? { optional } : {}) };
}

type Outcome = Omit<StepResult, 'ecosystem' | 'folder' | 'step'>;

function judge(result: ProcessResult, argv: Argv, text: string, step: PlannedStep, ctx: ToolContext, options: RunOptions): Outcome {
  const { exitCode, stopped, wallMs } = result;
  const passed = exitCode === 0 && stopped === undefined;
  const diagnostics = parseDiagnostics(text)
    // A run that passed may print anything that looks like an error: only what calls itself less is believed.
    .filter(({ severity }) => !passed || severity !== 'error')
    .map((each) => ({ ...each, path: place(each.path, step.folder, ctx.cwd) }));
  const facts = {
    wallMs: Math.round(wallMs),
    ...(exitCode === null ? {} : { exitCode }),
    output: tail(text),
    ...(diagnostics.length > 0 ? { diagnostics: diagnostics satisfies Diagnostic[] } : {}),
  };
  if (passed) return { status: 'passed', ...facts };
  if (stopped === 'timeout') return { status: 'timed-out', reason: `took longer than ${options.timeoutMs / 1000} s`, ...facts };
  if (stopped !== undefined) return { status: 'failed', reason: `was stopped at its limit: ${stopped}`, ...facts };
  const absent = absence(argv, exitCode, text);
  if (absent !== undefined) return { status: 'unavailable', reason: absent, ...facts };
  if (foundNoTests(argv, exitCode)) return { status: 'skipped', reason: 'there are no tests', ...facts };
  const reason = missingWrite(text, ctx, options.path);
  return { status: 'failed', ...(reason === undefined ? {} : { reason }), ...facts };
}

/** What the program reports as not there, in the words of shells, make, Python and cargo. */
function absence(argv: Argv, exitCode: number | null, text: string): string | undefined {
  const [program, flag, module = ''] = argv;
  if (exitCode === 127 || /^make(\[\d+\])?: \*\*\* .* Error 127$/m.test(text)) {
    const [, name] = /^(?:sh|bash|dash|\/bin\/\S*sh)?:?.*?([\w./@+-]+): (?:command )?not found$/m.exec(text) ?? [];
    return `${name ?? 'a program'} is not installed`;
  }
  if (flag === '-m' && exitCode === 1 && new RegExp(`No module named '?${module.replaceAll('.', String.raw`\.`)}'?$`, 'm').test(text))
    return `${module} is not installed`;
  if (program === 'cargo' && exitCode === 101 && /^error: (no such command|'cargo-\w+(\.exe)?' is not installed)/m.test(text))
    return `cargo ${argv[1]} is not installed`;
  return undefined;
}

/** pytest and, from Python 3.12 on, unittest end with 5 where they found no test. */
function foundNoTests(argv: Argv, exitCode: number | null): boolean {
  return exitCode === 5 && argv[1] === '-m' && (argv[2] === 'pytest' || argv[2] === 'unittest');
}

function missingWrite(text: string, ctx: ToolContext, path: string): string | undefined {
  if (!/read-only file system|EROFS|permission denied|EACCES/i.test(text) || ctx.fs.can('write', path)) return undefined;
  return `it tried to write; allow that with --allow 'fs:write:${path}/**'`;
}

function refusal(error: unknown, capability: string): Outcome {
  const { code, message } = isCoded(error) ? error : { code: undefined, message: '' };
  if (code === 'TOKA_CAPABILITY_DENIED') return { status: 'denied', reason: denial(capability) };
  if (code === 'TOKA_RUNTIME_UNAVAILABLE' || code === 'TOKA_SANDBOX_UNAVAILABLE') return { status: 'unavailable', reason: message };
  if (code === 'ENOENT') return { status: 'unavailable', reason: `${capability.replace('proc:exec:', '')} is not installed` };
  if (code === 'TOKA_TIMED_OUT') return { status: 'timed-out', reason: message };
  throw error;
}

function denial(capability: string): string {
  return `not granted: pass --allow ${capability}`;
}

function place(printed: string, folder: string, cwd: string): string {
  const path = printed.startsWith('file://') ? fileURLToPath(printed) : printed;
  const full = isAbsolute(path) ? path : resolve(folder, path);
  return relative(cwd, full);
}

function tail(text: string): string {
  const lines = stripVTControlCharacters(text).replaceAll('\r\n', '\n').trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARACTERS);
}

/** Both streams in the order in which they came, the last megabyte of them. */
class Output {
  #text = '';
  #line = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(piece: string): void {
    this.#text += piece;
    if (this.#text.length > 2 * SEARCHED) this.#text = this.#text.slice(-SEARCHED);
    const lines = (this.#line + piece).split(/\r\n|\n|\r/);
    this.#line = (lines.pop() ?? '').slice(-1000);
    const last = lines.findLast((line) => line.trim() !== '');
    if (last !== undefined) this.#onLine(stripVTControlCharacters(last).trim().slice(0, 200));
  }

  text({ stdout, stderr }: ProcessResult): string {
    return (this.#text === '' ? stdout + stderr : this.#text).slice(-SEARCHED);
  }
}
