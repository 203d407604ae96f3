/** A value that stands in a text as itself. */
export interface Literal {
  readonly kind: 'named' | 'quoted' | 'url' | 'email' | 'date' | 'path' | 'number';
  /** Of a `name=value` or `--name value`. */
  readonly name?: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

const month = `(?:${MONTHS.join('|')})`;
const quoted = `"[^"]*"|“[^”]*”|\`[^\`]*\`|(?<!\\S)'[^']*'(?=[\\s.,;:!?)]|$)`;

/** What is looked for, in this order at each place. */
const LITERAL = new RegExp(
  [
    `(?<![\\w-])(?:--(?<flag>[a-z][\\w-]*)(?:=|\\s+(?!-))|(?<key>[a-z][\\w-]*)=)(?<given>${quoted}|[^\\s,;]+)`,
    `(?<quoted>${quoted})`,
    String.raw`(?<url>https?:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)])`,
    String.raw`(?<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)`,
    String.raw`(?<!\w)(?<date>\d{4}-\d\d-\d\d)(?!\w)|(?<!\w)(?<daymonth>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(?<month1>${month}),?\s+(?<year1>\d{4})|\b(?<month2>${month})\s+(?<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?<year2>\d{4})|\b(?<near>today|tomorrow|yesterday)\b`,
    String.raw`(?<path>(?<!\S)(?:~|\.{1,2})?\/[^\s,;:!?"')]*|(?<!\S)\.{1,2}(?=\s|$)|(?<![\w/.-])[\w@.*-]+\/(?:[\w@.*/-]*[\w*/])?|(?<![\w/-])\.?[A-Za-z_*][\w*-]*(?:\.[\w*-]+)*\.[A-Za-z][A-Za-z0-9]{0,9}(?![\w(])|(?<![\w/.])\.[a-z][\w-]+)`,
    String.raw`(?<![\w.-])(?<number>[-+]?\d+(?:,\d{3})*(?:\.\d+)?)(?!\w*\/|st\b|nd\b|rd\b|th\b)|\b(?<spelled>${NUMBERS.slice(1).join('|')})\b`,
  ].join('|'),
  'giu',
);

/** The values that stand in a text, in their order. `today` (YYYY-MM-DD) gives words such as tomorrow their meaning. */
export function literalsIn(text: string, today?: string): Literal[] {
  return Array.from(text.matchAll(LITERAL), ({ 0: whole, index, groups = {} }) => {
    const found = read(groups, today);
    return found ? [{ ...found, start: index, end: index + whole.length }] : [];
  }).flat();
}

function read(groups: Readonly<Record<string, string | undefined>>, today: string | undefined): Pick<Literal, 'kind' | 'name' | 'value'> | undefined {
  const name = groups['flag'] ?? groups['key'];
  if (name !== undefined) return { kind: 'named', name, value: unquoted(groups['given'] ?? '') };
  if (groups['quoted'] !== undefined) return { kind: 'quoted', value: unquoted(groups['quoted']) };
  for (const kind of ['url', 'email', 'date', 'path'] as const) {
    const value = groups[kind];
    if (value !== undefined) return { kind, value };
  }
  const date = dateOf(groups, today);
  if (date !== undefined) return { kind: 'date', value: date };
  const number = groups['number']?.replaceAll(',', '') ?? String(NUMBERS.indexOf(groups['spelled']?.toLowerCase() ?? ''));
  return number === '-1' && groups['number'] === undefined ? undefined : { kind: 'number', value: number };
}

function dateOf(groups: Readonly<Record<string, string | undefined>>, today: string | undefined): string | undefined {
  const { near, year1, month1, daymonth, year2, month2, day2 } = groups;
  if (near !== undefined) return today === undefined ? undefined : dayAfter(today, ['yesterday', 'today', 'tomorrow'].indexOf(near.toLowerCase()) - 1);
  const [year, named = '', day = ''] = year1 === undefined ? [year2, month2, day2] : [year1, month1, daymonth];
  if (year === undefined) return undefined;
  return `${year}-${String(MONTHS.indexOf(named.toLowerCase()) + 1).padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function dayAfter(date: string, days: number): string {
  const [year = 0, of = 1, day = 1] = date.split('-').map(Number);
  return new Date(Date.UTC(year, of - 1, day + days)).toISOString().slice(0, 10);
}

function unquoted(text: string): string {
  return /^["“`'].*["”`']$/s.test(text) ? text.slice(1, -1) : text;
}
