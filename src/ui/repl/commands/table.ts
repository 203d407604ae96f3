import type { SlashCommand } from '../command.ts';
import { allow } from './allow.ts';
import { capabilities } from './capabilities.ts';
import { clear } from './clear.ts';
import { commands } from './commands.ts';
import { compact } from './compact.ts';
import { context } from './context.ts';
import { cost } from './cost.ts';
import { deny } from './deny.ts';
import { diff } from './diff.ts';
import { exporting } from './export.ts';
import { fork } from './fork.ts';
import { help } from './help.ts';
import { model } from './model.ts';
import { plan } from './plan.ts';
import { quit } from './quit.ts';
import { rename } from './rename.ts';
import { resume } from './resume.ts';
import { rewind } from './rewind.ts';
import { sessions } from './sessions.ts';
import { skills } from './skills.ts';
import { theme } from './theme.ts';
import { todo } from './todo.ts';
import { tools } from './tools.ts';
import { undo } from './undo.ts';

/** Help and completion are made from it. */
export const COMMANDS: readonly SlashCommand[] = [
  help,
  tools,
  capabilities,
  allow,
  deny,
  cost,
  context,
  model,
  plan,
  todo,
  diff,
  undo,
  rewind,
  fork,
  resume,
  sessions,
  rename,
  exporting,
  compact,
  clear,
  theme,
  commands,
  skills,
  quit,
];
