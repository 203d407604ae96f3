import type { Tool } from '../manifest/tool.ts';
import type { RunResult } from '../pipeline/result.ts';
import type { Door } from './door.ts';
import { errorText, exitCodeOf } from './report.ts';
import { onScreen } from './screen.ts';
import { terminal } from './text.ts';

/** How a result is printed. */
interface ResultFlags {
  readonly json: boolean;
  /** Whether the tool's own code is that of the command. */
  readonly passthroughExit?: boolean;
}

/** Prints the result of a run, of which nothing may steer a terminal; returns the exit code. */
export function showResult(result: RunResult, type: Tool['executable']['type'], flags: ResultFlags, door: Door): number {
  if (flags.json) door.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    const text = type === 'native' ? nativeText(result) : type === 'code' ? returned(result) : type === 'agent' ? answer(result) : '';
    door.stdout.write(door.stdout.isTTY === true ? onScreen(text) : text);
    if (result.error && !isSaid(result)) door.stderr.write(errorText(result.error, terminal(door.stderr, door.env)));
  }
  if (flags.passthroughExit === true && result.exitCode !== null && result.error?.code === 'TOKA_RUN_FAILED') return result.exitCode;
  return exitCodeOf(result.error);
}

/** A native tool's result as text. */
function nativeText({ output, textless, data }: RunResult): string {
  return textless ? jsonText(data) : output;
}

/** What an agent has answered. */
function answer({ output }: RunResult): string {
  return output === '' || output.endsWith('\n') ? output : `${output}\n`;
}

/** What code returned, after what it printed. */
function returned({ data }: RunResult): string {
  if (data === undefined || data === null) return '';
  return typeof data === 'string' ? `${data}\n` : jsonText(data);
}

/** A tool that printed its own verdict need not have it printed again. */
function isSaid({ error, output }: RunResult): boolean {
  return error !== undefined && error.hint === undefined && output.trimEnd().endsWith(error.message);
}

function jsonText(data: unknown): string {
  return data === undefined ? '' : `${JSON.stringify(data, undefined, 2)}\n`;
}
