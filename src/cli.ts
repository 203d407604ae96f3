import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import Check from './commands/check.ts';
import Doctor from './commands/doctor.ts';
import Run from './commands/run.ts';
import RunsList from './commands/runs/list.ts';
import RunsLogs from './commands/runs/logs.ts';
import RunsShow from './commands/runs/show.ts';
import SandboxRun from './commands/sandbox/run.ts';
import ToolsList from './commands/tools/list.ts';
import ToolsRegister from './commands/tools/register.ts';
import ToolsSearch from './commands/tools/search.ts';
import ToolsShow from './commands/tools/show.ts';
import ToolsValidate from './commands/tools/validate.ts';
import Trust from './commands/trust.ts';
import { ending } from './commands/base.ts';
import { packageRoot } from './config/package-root.ts';
import { TokaError } from './errors.ts';
import { nearest } from './manifest/nearest.ts';
import { processDoor } from './ui/process-door.ts';
import { reportError } from './ui/report-error.ts';

/** All commands by their id, which is the path of their file; oclif finds them here (package.json, `oclif.commands`). */
export const COMMANDS: Readonly<Record<string, typeof Command>> = {
  check: Check,
  doctor: Doctor,
  run: Run,
  'runs:list': RunsList,
  'runs:logs': RunsLogs,
  'runs:show': RunsShow,
  'sandbox:run': SandboxRun,
  'tools:list': ToolsList,
  'tools:register': ToolsRegister,
  'tools:search': ToolsSearch,
  'tools:show': ToolsShow,
  'tools:validate': ToolsValidate,
  trust: Trust,
};

/**
 * The full command line: help, every command, and whatever the launcher does not take itself.
 *
 * @returns The exit code.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await run([...argv], await Config.load({ root: packageRoot() }));
    await flush();
    return ending.code;
  } catch (thrown) {
    if ((thrown as { oclif?: { exit?: number } }).oclif?.exit === 0) return 0;
    return reportError(isUnknownCommand(thrown) ? unknownCommand(argv) : thrown, { has: (flag) => argv.includes(`--${flag}`) }, processDoor());
  }
}

function isUnknownCommand(thrown: unknown): boolean {
  return thrown instanceof Error && /^command \S+ not found$/.test(thrown.message);
}

function unknownCommand(argv: readonly string[]): TokaError {
  const words = argv.filter((word) => !word.startsWith('-'));
  const [topic = '', name = '', extra] = words;
  if (extra !== undefined && Object.hasOwn(COMMANDS, `${topic}:${name}`)) {
    return new TokaError('TOKA_USAGE', `toka ${topic} ${name} does not take the word "${extra}"`, { hint: `toka ${topic} ${name} --help shows what it takes` });
  }
  const names = Object.keys(COMMANDS).map((id) => id.replace(':', ' '));
  const near = nearest(words.slice(0, 2).join(' '), names) ?? nearest(words[0] ?? '', names);
  return new TokaError('TOKA_USAGE', `"${words.slice(0, 2).join(' ')}" is not a command of toka`, {
    hint: near === undefined ? 'toka --help shows all of them' : `did you mean toka ${near}? toka --help shows all commands`,
  });
}
