import { TokaError } from '../../../errors.ts';
import type { SlashCommand } from '../command.ts';

export const rename: SlashCommand = {
  name: 'rename',
  argument: 'TITLE',
  summary: 'give this session another title',
  async run(argument, { conversation, face }) {
    const { session } = conversation;
    if (argument === '') throw new TokaError('TOKA_USAGE', 'expected a title, found nothing', { hint: 'write it after /rename' });
    if (!session) return face.note(['nothing was said yet']);
    conversation.replace(await (await conversation.sessions()).rename(session.id, argument));
    face.note([`it is called ${argument} now`]);
  },
};
