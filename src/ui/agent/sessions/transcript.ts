import type { Turn } from '../../../agent/session/sessions.ts';
import { onOneLine, plain } from '../../../manifest/plain.ts';
import type { Message } from '../../../pipeline/agent/port.ts';

/** Characters of a result, or of parameters, in a transcript. */
const MOST = 2000;

/** A conversation as Markdown. */
export function transcript(title: string, turns: readonly Turn[]): string {
  const blocks = turns.flatMap(({ messages }) => messages.flatMap(blocksOf));
  return `${[`# ${onOneLine(plain(title === '' ? 'Session' : title))}`, ...blocks].join('\n\n')}\n`;
}

function blocksOf(message: Message): string[] {
  switch (message.role) {
    case 'user':
      return [`## ${message.origins.includes('system') ? 'toka' : 'You'}`, ...message.parts.map((part) => (part.type === 'text' ? plain(part.text) : `(a picture, ${part.mediaType})`))];
    case 'assistant':
      return ['## Agent', ...message.parts.flatMap((part) => (part.type === 'text' ? [plain(part.text)] : part.type === 'tool-call' ? [`Calls \`${plain(part.name)}\`:\n\n${fenced(JSON.stringify(part.params, undefined, 2), 'json')}`] : []))];
    case 'tool':
      return message.results.map(({ name, isError, output, origins }) => `\`${plain(name)}\` ${isError === true ? 'failed' : 'answered'} (${origins.join(', ')}):\n\n${fenced(typeof output === 'string' ? output : JSON.stringify(output, undefined, 2))}`);
    case 'summary':
      return ['## What happened before, in short', plain(message.text)];
  }
}

/** A fence that is longer than any in it. */
function fenced(text: string, language = ''): string {
  const shown = plain(text.length > MOST ? `${text.slice(0, MOST)}…` : text);
  const longest = Math.max(2, ...[...shown.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** All that was said in a message, for a search. */
export function textOf(message: Message): string {
  switch (message.role) {
    case 'user':
      return message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    case 'assistant':
      return message.parts.map((part) => (part.type === 'tool-call' ? `${part.name} ${JSON.stringify(part.params)}` : part.text)).join('\n');
    case 'tool':
      return message.results.map(({ output }) => (typeof output === 'string' ? output : JSON.stringify(output))).join('\n');
    case 'summary':
      return message.text;
  }
}
