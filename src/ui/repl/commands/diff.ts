import { relative } from 'node:path';
import { checkpointsOf, contentNow, differs } from '../checkpoints.ts';
import type { SlashCommand } from '../command.ts';
import { difference } from '../details.ts';

export const diff: SlashCommand = {
  name: 'diff',
  summary: 'show what this session has changed in files',
  async run(_argument, { conversation, face, toka }) {
    const { session } = conversation;
    const turns = session ? await (await conversation.sessions()).turns(session.id) : [];
    const changed = (await checkpointsOf(turns.map(({ run }) => run), await toka.journal())).filter(differs);
    if (changed.length === 0) return face.print([face.theme.quiet('no file is other than before')]);
    for (const { path, before } of changed) {
      face.print(difference({ path: relative(toka.root, path), before: textOf(before), after: textOf(contentNow(path)) }, face.theme));
    }
  },
};

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}
