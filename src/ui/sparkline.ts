import type { Terminal } from './text.ts';

const DRAWN = '▁▂▃▄▅▆▇█';
const TYPED = '.:-=+*#@';

/** Draws figures as a line of bars: a blank is none, and the highest is the most. */
export function sparkline(figures: readonly number[], { isTty }: Pick<Terminal, 'isTty'>): string {
  const bars = isTty ? DRAWN : TYPED;
  const most = Math.max(...figures);
  const bar = (figure: number): string => (figure <= 0 ? ' ' : bars.charAt(Math.min(bars.length - 1, Math.ceil((figure / most) * bars.length) - 1)));
  return figures.map(bar).join('');
}
