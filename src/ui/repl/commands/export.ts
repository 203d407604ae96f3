import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../../../errors.ts';
import { transcript } from '../../agent/sessions/transcript.ts';
import { withoutSecrets } from '../../agent/sessions/without-secrets.ts';
import type { SlashCommand } from '../command.ts';

export const exporting: SlashCommand = {
  name: 'export',
  argument: '[FILE]',
  summary: 'write this session as Markdown, into a file or here',
  async run(argument, { conversation, face, toka }) {
    const { session } = conversation;
    if (!session) return face.note(['nothing was said yet']);
    const text = withoutSecrets(process.env)(transcript(session.title, await (await conversation.sessions()).turns(session.id)));
    if (argument === '') return face.print(text.trimEnd().split('\n'));
    const file = resolve(toka.root, argument);
    if (existsSync(file)) throw new TokaError('TOKA_FS_EXISTS', `there is a file ${argument} already`, { hint: 'name another one' });
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    face.note([`written into ${argument}`]);
  },
};
