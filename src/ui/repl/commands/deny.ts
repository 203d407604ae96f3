import { parseCapability } from '../../../capability/grammar.ts';
import { TokaError } from '../../../errors.ts';
import type { SlashCommand } from '../command.ts';

export const deny: SlashCommand = {
  name: 'deny',
  argument: 'CAPABILITY',
  summary: 'take back a grant, and answer no where it is asked for',
  run(argument, { face, permissions }) {
    if (argument === '') throw new TokaError('TOKA_USAGE', 'expected a capability, found nothing', { hint: 'write for instance /deny net:connect' });
    for (const capability of argument.split(/\s+/).filter((each) => each !== '')) {
      parseCapability(capability);
      permissions.deny(capability);
      face.note([`denied: ${capability}`]);
    }
  },
};
