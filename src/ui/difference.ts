import { type Change, describeChange, type Difference } from '../registry/lock/compare.ts';
import { paint, plain, type Terminal } from './text.ts';

const MARKS = { added: ['+', 'green'], changed: ['~', 'yellow'], removed: ['-', 'red'] } as const;

/** What is otherwise with a tool, a line for each change; where it asks for more, that stands out. */
export function differenceText({ tool, kind, changes }: Difference, view: Terminal): string {
  const [mark, style] = MARKS[kind];
  const version = kind === 'changed' ? undefined : changes.find(({ field }) => field === 'version');
  const title = `${mark} ${plain(tool)}${version ? ` ${plain(version.to ?? version.from ?? '')}` : ''}`;
  const lines = changes.filter((change) => change !== version).map((change) => `    ${line(change, kind, view)}`);
  return [paint(view, style, title), ...lines].map((text) => `${text}\n`).join('');
}

function line(change: Change, kind: Difference['kind'], view: Terminal): string {
  // A tool that is new asks for everything it asks for.
  if (kind === 'added') return `may ${plain(change.to ?? '')}`;
  const text = plain(describeChange(change));
  return change.widens ? paint(view, 'red', text) : text;
}
