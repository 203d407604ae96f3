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
import { packageRoot } from './config/package-root.ts';

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
} as unknown as Readonly<Record<string, typeof Command>>;

/** The full command line: help, every command, and whatever the launcher does not take itself. */
export async function main(argv: readonly string[]): Promise<void> {
  const config = await Config.load({ root: packageRoot() });
  await run([...argv], config);
  await flush();
}
