import type { SlashCommand } from '../command.ts';

export const fork: SlashCommand = {
  name: 'fork',
  argument: '[TITLE]',
  summary: 'go on in a session of its own; this one stays as it is',
  async run(argument, { conversation, face }) {
    const { session } = conversation;
    if (!session) return face.note(['nothing was said yet']);
    const sessions = await conversation.sessions();
    const forked = await sessions.fork(session.id);
    conversation.replace(argument === '' ? forked : await sessions.rename(forked.id, argument));
    face.note([`session ${forked.id}, forked from ${session.id}`]);
  },
};
