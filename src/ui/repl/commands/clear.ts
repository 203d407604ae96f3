import type { SlashCommand } from '../command.ts';

export const clear: SlashCommand = {
  name: 'clear',
  summary: 'begin a new session; this one stays, /resume goes back to it',
  run(_argument, { conversation, face }) {
    conversation.switchTo(undefined);
    face.note(['a new session begins']);
  },
};
