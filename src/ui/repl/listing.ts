import type { Face } from './face.ts';
import { shown, widthOf, wrap } from './width.ts';

const GAP = 2;
/** What the first column takes at most of the line. */
const MOST = 0.45;

/** Two columns, the second wrapped beside the first; what comes from outside is made plain. */
export function columnsOf(rows: readonly (readonly [string, string])[], { columns, theme }: Pick<Face, 'columns' | 'theme'>): string[] {
  const names = rows.map(([name]) => shown(name));
  const width = Math.min(Math.max(0, ...names.map(widthOf)), Math.floor(Math.min(columns, 100) * MOST));
  return rows.flatMap(([, text], at) => {
    const name = names[at] ?? '';
    const lines = wrap(shown(text), columns - width - GAP);
    const isLong = widthOf(name) > width;
    const first = isLong ? [theme.accent(name)] : [];
    const beside = lines.map((line, row) => {
      const left = row === 0 && !isLong ? name : '';
      return `${theme.accent(left)}${' '.repeat(width - widthOf(left) + GAP)}${line}`.trimEnd();
    });
    return [...first, ...(isLong && text === '' ? [] : beside)];
  });
}
