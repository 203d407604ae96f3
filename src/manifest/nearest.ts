import { distance } from 'fastest-levenshtein';

/** The nearest of the names, where it is near enough to be what was meant. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const limit = text.length < 4 ? 1 : Math.max(2, Math.floor(Math.min(text.length, 40) / 3));
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = text.length > 80 ? Infinity : distance(text.toLowerCase(), name.toLowerCase());
    if (away <= limit && away < (best?.away ?? Infinity)) best = { name, away };
  }
  return best?.name;
}
