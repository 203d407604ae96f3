import type { SlashCommand } from '../command.ts';

export const compact: SlashCommand = {
  name: 'compact',
  summary: 'put a summary in the place of what was said so far',
  async run(_argument, desk) {
    if (desk.conversation.session) await desk.compact();
    else desk.face.note(['nothing was said yet']);
  },
};
