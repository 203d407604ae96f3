import type { SlashCommand } from '../command.ts';
import { goBack } from '../go-back.ts';

export const undo: SlashCommand = {
  name: 'undo',
  summary: 'undo the last turn, in files as well',
  async run(_argument, desk) {
    const { conversation, face } = desk;
    const turns = conversation.session ? await (await conversation.sessions()).turns(conversation.session.id) : [];
    if (turns.length === 0) face.note(['there is no turn to undo']);
    else await goBack(turns, turns.length - 1, desk);
  },
};
