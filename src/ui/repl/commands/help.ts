import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'send; while a turn runs, steer it at its next step'],
  ['Tab, Alt+Enter', 'while a turn runs, say it afterwards'],
  ['Ctrl+J, \\ Enter', 'a new line; so does Alt+Enter between turns'],
  ['Esc, Ctrl+C', 'stop the turn; Ctrl+C twice quits'],
  ['@', 'name a file'],
  ['!COMMAND', 'run a command in the sandbox'],
  ['Ctrl+R', 'search what was said before'],
  ['Ctrl+G', 'write in $EDITOR; so does Ctrl+X Ctrl+E'],
  ['Ctrl+Z', 'suspend; fg comes back'],
];

export const help: SlashCommand = {
  name: 'help',
  summary: 'show commands and keys',
  run(_argument, { commands, face }) {
    const rows = commands.map(({ name, argument, summary }) => [`/${name}${argument === undefined ? '' : ` ${argument}`}`, summary] as const);
    face.print([...columnsOf(rows, face), '', ...columnsOf(KEYS, face)]);
  },
};
