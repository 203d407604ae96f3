import { relative } from 'node:path';
import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const commands: SlashCommand = {
  name: 'commands',
  summary: 'list the commands of yours and of the project, and the files that they stand in',
  async run(_argument, { face, toka }) {
    const found = await toka.customCommands();
    const place = (file: string): string => (relative(toka.root, file).startsWith('..') ? file : relative(toka.root, file));
    const rows = found.map(({ description, file, isTrusted, name }) => [`/${name}`, `${description} (${place(file)}${isTrusted ? '' : ', not trusted'})`] as const);
    face.print(rows.length === 0 ? [face.theme.quiet('there are none: Markdown files in .toka/commands/ are commands')] : columnsOf(rows, face));
  },
};
