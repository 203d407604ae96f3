import type { SlashCommand } from '../command.ts';

export const quit: SlashCommand = {
  name: 'quit',
  summary: 'end; the session can be gone on with later',
  run(_argument, { quit: end }) {
    end();
  },
};
