import { TokaError } from '../../../errors.ts';
import type { SlashCommand } from '../command.ts';
import { goBack, saidIn } from '../go-back.ts';

export const rewind: SlashCommand = {
  name: 'rewind',
  argument: '[TURN]',
  summary: 'go back to before a turn, in files as well',
  async run(argument, desk) {
    const { conversation, face } = desk;
    const turns = conversation.session ? await (await conversation.sessions()).turns(conversation.session.id) : [];
    if (turns.length === 0) return face.note(['there is no turn to go back to']);
    const number = argument === '' ? undefined : Number(argument);
    if (number !== undefined && !(Number.isInteger(number) && number >= 1 && number <= turns.length)) {
      throw new TokaError('TOKA_USAGE', `expected a turn from 1 to ${turns.length}, found ${argument}`, { hint: '/rewind alone lists them' });
    }
    const answers = [...turns.map((turn, at) => `before turn ${at + 1}: ${saidIn(turn)}`), 'stay here'];
    const chosen = number === undefined ? await face.choose({ details: [], question: 'Where shall the session go back to?', answers, fallback: turns.length }) : number - 1;
    if (chosen < turns.length) await goBack(turns, chosen, desk);
  },
};
