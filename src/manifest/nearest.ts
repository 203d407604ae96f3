import { distance } from 'fastest-levenshtein';

/** The nearest of the names, where it is near enough to be what was meant. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const limit = text.length < 4 ? 1 : Math.max(2, Math.floor(Math.min(text.length, 40) / 3));
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = text.length > 80 ? Infinity : awayFrom(text.toLowerCase(), name.toLowerCase());
    if (away <= limit && away < (best?.away ?? Infinity)) best = { name, away };
  }
  return best?.name;
}

/** Two letters next to each other that were typed in the wrong order are one mistake. */
function awayFrom(text: string, name: string): number {
  let at = 0;
  while (at < text.length && text[at] === name[at]) at += 1;
  const isSwapped = at + 1 < text.length && `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}` === name;
  return isSwapped ? 1 : distance(text, name);
}
