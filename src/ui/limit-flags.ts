import { TokaError } from '../errors.ts';
import { LEVELS } from '../manifest/levels.ts';
import type { Level, SandboxOverrides } from '../manifest/tool.ts';
import { parseDuration, parsePercent, parseSize, printDuration, printPercent, printSize } from '../manifest/units.ts';

/** The flags that lower what a run may use, as `parseArgs` takes them. */
export const LIMIT_OPTIONS = {
  cpu: { type: 'string' },
  level: { type: 'string' },
  'max-disk': { type: 'string' },
  'max-output': { type: 'string' },
  memory: { type: 'string' },
  pids: { type: 'string' },
  timeout: { type: 'string' },
} as const;

type Values = { readonly [name in keyof typeof LIMIT_OPTIONS]?: string | undefined };

/** The level that is named, or else the lowest that allows the limits and the network asked for: a limit is never lowered without a word. */
export function levelFor(name: string | undefined, wanted: SandboxOverrides, allow: readonly string[]): Level {
  if (name !== undefined && !Object.hasOwn(LEVELS, name)) throw badFlag('level', name, Object.keys(LEVELS).join(', '));
  const needsNetwork = allow.some((capability) => capability.startsWith('net:'));
  const fit = (Object.keys(LEVELS) as Level[]).filter((each) => !needsNetwork || each === 'elevated');
  const candidates = name === undefined ? fit : [name as Level];
  const level = candidates.find((each) => beyond(each, wanted) === undefined);
  if (level !== undefined) return level;
  const last = candidates.at(-1) ?? 'elevated';
  const limit = beyond(last, wanted) ?? 'memory';
  throw new TokaError('TOKA_USAGE', `the level ${last} allows ${limit} up to ${shown(limit, LEVELS[last][limit])}, found ${shown(limit, wanted[limit] ?? 0)}`, {
    hint: name === undefined ? 'ask for less' : 'ask for less, or name a higher --level',
  });
}

function shown(limit: keyof SandboxOverrides, value: number): string {
  if (limit === 'cpu') return printPercent(value);
  if (limit === 'pids') return String(value);
  return limit === 'timeoutMs' ? printDuration(value) : printSize(value);
}

function beyond(level: Level, wanted: SandboxOverrides): keyof SandboxOverrides | undefined {
  return (Object.keys(wanted) as (keyof SandboxOverrides)[]).find((limit) => (wanted[limit] ?? 0) > LEVELS[level][limit]);
}

/** @throws TokaError TOKA_USAGE */
export function limitsFrom(values: Values): SandboxOverrides {
  return {
    ...bound('memory', values.memory, 'memory', parseSize, '256M'),
    ...bound('cpu', values.cpu, 'cpu', parsePercent, '50%'),
    ...bound('pids', values.pids, 'pids', parseCount, '64'),
    ...bound('timeoutMs', values.timeout, 'timeout', parseDuration, '3s'),
    ...bound('maxOutput', values['max-output'], 'max-output', parseSize, '8M'),
    ...bound('maxDisk', values['max-disk'], 'max-disk', parseSize, '100M'),
  };
}

function bound(key: keyof SandboxOverrides, text: string | undefined, flag: string, parse: (text: string) => number | undefined, like: string): SandboxOverrides {
  if (text === undefined) return {};
  const value = parse(text);
  if (value === undefined || value <= 0) throw badFlag(flag, text, `a value like ${like}`);
  return { [key]: value };
}

function parseCount(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

export function badFlag(flag: string, text: string, expected: string): TokaError {
  return new TokaError('TOKA_USAGE', `--${flag} takes ${expected}, found "${text}"`, { hint: '--help shows all flags' });
}
