import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';
import { money } from '../status.ts';

export const cost: SlashCommand = {
  name: 'cost',
  summary: 'show what this session has used since it was opened',
  run(_argument, { conversation: { usage }, face }) {
    const count = (tokens: number | undefined): string => (tokens === undefined ? 'not told' : tokens.toLocaleString('en'));
    const rows: [string, string][] = [
      ['tokens in', count(usage.inputTokens)],
      ['of these cached', count(usage.cachedTokens)],
      ['tokens out', count(usage.outputTokens)],
      ['of these reasoning', count(usage.reasoningTokens)],
      ['money', usage.microdollars === undefined ? 'not known' : money(usage.microdollars)],
    ];
    face.print(columnsOf(rows, face));
  },
};
