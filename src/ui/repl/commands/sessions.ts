import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const sessions: SlashCommand = {
  name: 'sessions',
  summary: 'list the sessions of this project',
  async run(_argument, { conversation, face }) {
    const found = await (await conversation.sessions()).list();
    const rows = found.map(({ id, title, turns, updated }) => [`${id === conversation.session?.id ? '* ' : '  '}${id}`, `${new Date(updated).toISOString().slice(0, 16).replace('T', ' ')}, ${turns} turn${turns === 1 ? '' : 's'}: ${title}`] as const);
    face.print(rows.length === 0 ? [face.theme.quiet('there are no sessions')] : columnsOf(rows, face));
  },
};
