import { TokaError } from '../../../errors.ts';
import { startingWith, type SlashCommand } from '../command.ts';

export const plan: SlashCommand = {
  name: 'plan',
  argument: '[on|off]',
  summary: 'let the agent only look and plan, or act again',
  complete: startingWith([
    { text: 'on', hint: 'it may only look' },
    { text: 'off', hint: 'it may act' },
  ]),
  run(argument, { conversation, face }) {
    if (!['', 'on', 'off'].includes(argument)) throw new TokaError('TOKA_USAGE', `expected on or off, found ${argument}`, { hint: '/plan alone changes from one to the other' });
    conversation.isPlanning = argument === 'on' || (argument !== 'off' && !conversation.isPlanning);
    face.note([conversation.isPlanning ? 'plan mode: calls that change something are refused' : 'plan mode is off']);
  },
};
