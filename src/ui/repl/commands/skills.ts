import type { SlashCommand } from '../command.ts';
import { columnsOf } from '../listing.ts';

export const skills: SlashCommand = {
  name: 'skills',
  summary: 'list the skills that agents are offered here',
  async run(_argument, { face, toka }) {
    const found = await toka.agentContext();
    const rows = found.skills.map(({ description, isTrusted, name }) => [name, isTrusted ? description : `${description} (not trusted)`] as const);
    face.print(rows.length === 0 ? [face.theme.quiet('there are no skills')] : columnsOf(rows, face));
    face.note(found.problems.map((problem) => face.theme.warning(problem)));
  },
};
