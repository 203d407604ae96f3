import type { Budget } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import { parseDuration, parseMoney, parseSize, printDuration, printMoney, printSize } from '../manifest/units.ts';

const count = (text: string): number | undefined => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

const READ: { readonly [name in keyof Budget]-?: (text: string) => number | undefined } = {
  calls: count,
  wall: parseDuration,
  cpu: parseDuration,
  bytes: parseSize,
  tokens: count,
  money: parseMoney,
};
const PRINTED: { readonly [name in keyof Budget]-?: (amount: number) => string } = { calls: String, wall: printDuration, cpu: printDuration, bytes: printSize, tokens: String, money: printMoney };
const NAMES = Object.keys(READ) as (keyof Budget)[];

/**
 * Reads the value of `--budget`: `calls=10,wall=60s,cpu=20s,bytes=8M,tokens=50000,money=0.50`, in any order, each at most once.
 *
 * @throws TokaError TOKA_USAGE
 */
export function parseBudget(text: string): Budget {
  const budget: { -readonly [name in keyof Budget]: number } = {};
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^(\w+)=(.+)$/.exec(part.trim()) ?? [];
    const amount = Object.hasOwn(READ, name) ? READ[name as keyof Budget](value) : undefined;
    if (amount === undefined || amount <= 0 || Object.hasOwn(budget, name)) throw unreadable(part);
    budget[name as keyof Budget] = amount;
  }
  return budget;
}

/** Prints a budget so that `parseBudget` gives the same back. */
export function printBudget(budget: Budget): string {
  return NAMES.flatMap((name) => (budget[name] === undefined ? [] : [`${name}=${PRINTED[name](budget[name])}`])).join(',');
}

function unreadable(part: string): TokaError {
  return new TokaError('TOKA_USAGE', `--budget takes ${NAMES.join(', ')}, each once and more than 0, found "${part}"`, {
    hint: 'write for instance --budget calls=10,wall=60s,cpu=20s,bytes=8M,tokens=50000,money=0.50',
  });
}
