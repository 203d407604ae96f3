import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const tools: SlashCommand = {
  name: 'tools',
  argument: '[WORD]',
  summary: 'list the tools that there are',
  async run(argument, { face, toka }) {
    const word = argument.toLowerCase();
    const found = (await toka.index()).list().filter(({ qualified, description }) => `${qualified} ${description}`.toLowerCase().includes(word));
    face.print(found.length === 0 ? [face.theme.quiet('no tool is called so')] : columnsOf(found.map(({ qualified, description }) => [qualified, description.split('\n')[0] ?? ''] as const), face));
  },
};
