import type { SlashCommand } from '../command.ts';

export const rename: SlashCommand = {
  name: 'rename',
  argument: 'TITLE',
  summary: 'give this session another title',
  async run(argument, { conversation, face }) {
    const { session } = conversation;
    if (!session || argument === '') return face.note([session ? 'expected a title' : 'nothing was said yet']);
    conversation.replace(await (await conversation.sessions()).rename(session.id, argument));
    face.note([`it is called ${argument} now`]);
  },
};
