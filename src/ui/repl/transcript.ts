import type { Message } from '../../pipeline/agent/port.ts';
import { shown } from './width.ts';

/** A conversation as Markdown; secrets are left out already where it is recorded. */
export function transcript(title: string, messages: readonly Message[]): string {
  return `# ${shown(title) || 'Session'}\n\n${messages.map(part).join('\n')}`;
}

function part(message: Message): string {
  switch (message.role) {
    case 'user':
      return `## Person\n\n${message.parts.map((each) => (each.type === 'text' ? shown(each.text) : '(an image)')).join('\n')}\n`;
    case 'assistant':
      return `## Agent\n\n${message.parts.flatMap((each) => (each.type === 'text' ? [shown(each.text)] : each.type === 'tool-call' ? [fenced(`${each.name} ${JSON.stringify(each.params, undefined, 2)}`)] : [])).join('\n\n')}\n`;
    case 'tool':
      return `## Results\n\n${message.results.map(({ name, output }) => `${shown(name)}:\n\n${fenced(typeof output === 'string' ? output : JSON.stringify(output, undefined, 2))}`).join('\n\n')}\n`;
    case 'summary':
      return `## Summary of what was before\n\n${shown(message.text)}\n`;
  }
}

/** In a fence that is longer than any within. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${shown(text)}\n${fence}`;
}
