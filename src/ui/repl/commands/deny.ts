import { parseCapability } from '../../../capability/grammar.ts';
import type { SlashCommand } from '../command.ts';

export const deny: SlashCommand = {
  name: 'deny',
  argument: 'CAPABILITY',
  summary: 'take back a grant, and answer no where it is asked for',
  run(argument, { face, permissions }) {
    for (const capability of argument.split(/\s+/).filter((each) => each !== '')) {
      parseCapability(capability);
      permissions.deny(capability);
      face.note([`denied: ${capability}`]);
    }
  },
};
