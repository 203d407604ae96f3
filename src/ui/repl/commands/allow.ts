import { parseCapability } from '../../../capability/grammar.ts';
import type { SlashCommand } from '../command.ts';
import { capabilities } from './capabilities.ts';

export const allow: SlashCommand = {
  name: 'allow',
  argument: '[CAPABILITY]',
  summary: 'grant a capability to every tool, until this REPL ends',
  async run(argument, desk) {
    if (argument === '') return capabilities.run('', desk);
    for (const capability of argument.split(/\s+/)) {
      parseCapability(capability);
      desk.permissions.grant(capability);
      desk.face.note([`granted: ${capability}`]);
    }
  },
};
