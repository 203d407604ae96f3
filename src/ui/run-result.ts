import type { Tool } from '../manifest/tool.ts';
import type { RunResult } from '../pipeline/result.ts';
import type { Door } from './door.ts';
import { errorText, exitCodeOf } from './report.ts';
import { screenFilter } from './screen.ts';
import { terminal } from './text.ts';

/** How a result is printed. */
interface ResultFlags {
  readonly json: boolean;
  /** Whether the tool's own code is that of the command. */
  readonly passthroughExit?: boolean;
}

/** Prints the result of a run; returns the exit code. */
export function showResult(result: RunResult, { executable }: Pick<Tool, 'executable'>, flags: ResultFlags, door: Door): number {
  if (flags.json) door.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    if (executable.type === 'native') door.stdout.write(shown(result, door.stdout.isTTY === true));
    if (result.error && !isSaid(result)) door.stderr.write(errorText(result.error, terminal(door.stderr, door.env)));
  }
  if (flags.passthroughExit === true && result.exitCode !== null && result.error?.code === 'TOKA_RUN_FAILED') return result.exitCode;
  return exitCodeOf(result.error);
}

/** A native tool's result as text; what it read from a file must not steer a terminal. */
function shown({ output, textless, data }: RunResult, isTty: boolean): string {
  const text = textless ? jsonText(data) : output;
  return isTty ? screenFilter()(Buffer.from(text)) : text;
}

/** A tool that printed its own verdict need not have it printed again. */
function isSaid({ error, output }: RunResult): boolean {
  return error !== undefined && error.hint === undefined && output.trimEnd().endsWith(error.message);
}

function jsonText(data: unknown): string {
  return data === undefined ? '' : `${JSON.stringify(data, undefined, 2)}\n`;
}
