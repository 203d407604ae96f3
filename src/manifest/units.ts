const SIZES = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
const DAYS = { d: 1, w: 7 } as const;
const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Reads a size.
 *
 * @param text Digits with an optional unit: `512`, `256K`, `256M`, `1G`; also written `256MB` or `256MiB`. The units are powers of 1024.
 * @returns Bytes, or `undefined` where the text is not a size or is beyond the exact integers.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,16})\s?(?:([KMGT])(?:i?B)?|B)?$/i.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? '').toUpperCase() as keyof typeof SIZES;
  return exact(Number(match[1]) * SIZES[unit]);
}

/**
 * Reads a duration.
 *
 * @param text Digits, at most one decimal point, and a unit: `500ms`, `30s`, `1.5s`, `5m`, `2h`. The unit is never guessed.
 * @returns Whole milliseconds, or `undefined` where the text is not a duration or not a whole number of milliseconds.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12})(?:\.(\d{1,3}))?\s?(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const thousandths = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  return exact((thousandths * DURATIONS[match[3] as keyof typeof DURATIONS]) / 1000);
}

/** Reads a duration that may be as long as weeks: `90s`, `12h`, `30d`, `4w`. Returns milliseconds, or undefined. */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([dw])$/.exec(text) ?? [];
  return count === undefined ? parseDuration(text) : Number(count) * DAYS[unit as 'd' | 'w'] * DURATIONS.h * 24;
}

/**
 * Reads a share of one processor core.
 *
 * @param text Digits, at most two decimals, and the sign: `50%`, `12.5%`, `200%` (two cores).
 * @returns Per cent, more than 0, or `undefined`.
 */
export function parsePercent(text: string): number | undefined {
  if (!/^\d{1,6}(\.\d{1,2})?\s?%$/.test(text)) return undefined;
  const value = Number.parseFloat(text);
  return value > 0 ? value : undefined;
}

/** Reads US dollars: `0.5`, `$0.50`. Returns millionths of a dollar, or undefined. */
export function parseMoney(text: string): number | undefined {
  const [, whole, part = ''] = /^\$?(\d{1,7})(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  return whole === undefined ? undefined : Number(whole) * 1_000_000 + Number(part.padEnd(6, '0'));
}

/** Prints millionths of a US dollar so that `parseMoney` gives the same number back: `0.5`. */
export function printMoney(microdollars: number): string {
  return (microdollars / 1_000_000).toFixed(6).replace(/\.?0+$/, '');
}

/** Prints bytes so that `parseSize` gives the same number back, with the largest unit that divides it: `256M`. */
export function printSize(bytes: number): string {
  return print(bytes, SIZES);
}

/** Prints milliseconds so that `parseDuration` gives the same number back, with the largest unit that divides it: `90s`. */
export function printDuration(milliseconds: number): string {
  return print(milliseconds, DURATIONS);
}

/** Prints per cent so that `parsePercent` gives the same number back: `12.5%`. */
export function printPercent(percent: number): string {
  return `${percent}%`;
}

function print(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, factor]) => value !== 0 && value % factor === 0);
  const [unit, factor] = fitting.at(-1) ?? Object.entries(units)[0]!;
  return `${value / factor}${unit}`;
}

function exact(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}
