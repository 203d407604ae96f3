import { relative } from 'node:path';
import type { Turn } from '../../agent/session/sessions.ts';
import { checkpointsOf, differs, restore } from './checkpoints.ts';
import type { Desk } from './command.ts';
import { exact, shown } from './width.ts';

/** Goes back to before a turn: files become what they were, and the session goes on from there. What somebody else has changed since is asked for. */
export async function goBack(turns: readonly Turn[], to: number, { conversation, face, toka }: Desk): Promise<void> {
  const { session } = conversation;
  if (!session) return;
  const undone = turns.slice(to);
  const changed = (await checkpointsOf(undone.map(({ run }) => run), await toka.journal())).filter(differs);
  const place = (path: string): string => exact(relative(toka.root, path));
  const foreign = changed.filter(({ isForeign }) => isForeign);
  let isForced = false;
  if (foreign.length > 0) {
    const details = ['changed by somebody else since:', ...foreign.map(({ path }) => `  ${place(path)}`)];
    const answers = ['leave these as they are', 'put these back as well', 'do nothing'];
    const answer = await face.choose({ details, question: 'What shall become of them?', answers, fallback: 2 });
    if (answer === 2) return face.note(['nothing was done']);
    isForced = answer === 1;
  }
  const restored = changed.filter(({ isForeign }) => isForced || !isForeign);
  conversation.replace(await (await conversation.sessions()).rewind(session.id, turns[to - 1]?.run));
  for (const checkpoint of restored) restore(checkpoint);
  face.note([`${undone.length === 1 ? 'the last turn is' : `the last ${undone.length} turns are`} undone`, ...restored.map(({ before, path }) => `  ${before === undefined ? 'removed' : 'restored'} ${place(path)}`)]);
}

/** What a person said in a turn, on one line. */
export function saidIn({ messages }: Turn): string {
  const text = messages.flatMap((message) => (message.role === 'user' ? message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])) : []))[0] ?? '';
  return shown(text).replaceAll(/\s+/g, ' ').slice(0, 100) || '(a summary)';
}
