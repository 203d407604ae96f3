import type { SlashCommand } from '../command.ts';

export const model: SlashCommand = {
  name: 'model',
  argument: '[NAME]',
  summary: 'show or choose the model: PROVIDER/MODEL, or a role',
  async run(argument, { conversation, face, toka }) {
    if (argument === '') {
      face.print([`${conversation.model ?? 'as the agent says'}${conversation.route === undefined ? '' : `; ${conversation.route} answered last`}`]);
      return;
    }
    const [first] = await (await toka.models()).candidates(argument);
    conversation.model = argument;
    face.note([`model: ${first === undefined || first.route === argument ? argument : `${argument}, which is ${first.route}`}`]);
  },
};
