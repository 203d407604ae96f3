import type { Session } from '../../agent/session/sessions.ts';
import type { Message } from '../../pipeline/agent/port.ts';
import type { Desk } from './command.ts';
import type { Face } from './face.ts';
import { paramsText } from './turn-view.ts';
import { cut, shown } from './width.ts';

const LAST_MESSAGES = 12;

/** Goes on with a session: shows what was said last in it, and asks about a turn that was cut off. */
export async function showSession(session: Session, desk: Desk): Promise<void> {
  const { conversation, face } = desk;
  const messages = await (await conversation.sessions()).history(session.id);
  conversation.switchTo(session);
  const left = messages.length - LAST_MESSAGES;
  if (left > 0) face.note([face.theme.quiet(`… ${left} messages before`)]);
  for (const message of messages.slice(-LAST_MESSAGES)) show(message, face);
  face.note([face.theme.quiet(`session ${session.id}${session.title === '' ? '' : `: ${shown(session.title)}`}`)]);
  const found = await conversation.cutOff();
  if (!found) return;
  const answer = await face.choose({ details: [], question: 'The last turn was cut off. Shall it go on from where it was?', answers: ['go on', 'leave it: what was said in it is forgotten'], fallback: 1 });
  if (answer === 0) await desk.goOn(found);
}

function show(message: Message, face: Face): void {
  const { theme } = face;
  if (message.role === 'user') face.note(['', ...message.parts.flatMap((part) => (part.type === 'text' ? shown(part.text).split('\n') : ['[image]'])).map((line, at) => theme.strong(`${at === 0 ? '> ' : '  '}${line}`)), '']);
  if (message.role === 'summary') face.note([theme.quiet('summary of what was before:'), ...shown(message.text).split('\n')]);
  if (message.role !== 'assistant') return;
  for (const part of message.parts) {
    if (part.type === 'text') face.markdown(part.text);
    if (part.type === 'tool-call') face.note([theme.quiet(cut(`· ${shown(part.name)} ${paramsText(part.params)}`, face.columns))]);
  }
}
