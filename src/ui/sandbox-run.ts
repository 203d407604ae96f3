import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TokaError } from '../errors.ts';
import { LEVELS } from '../manifest/levels.ts';
import type { Level, SandboxOverrides } from '../manifest/tool.ts';
import { parseDuration, parsePercent, parseSize, printDuration, printPercent, printSize } from '../manifest/units.ts';
import { type Door, doorTo } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { liveView } from './live.ts';
import { errorText, exitCodeOf } from './report.ts';
import { reportError } from './report-error.ts';
import { terminal } from './text.ts';

const OPTIONS = {
  allow: { type: 'string', multiple: true },
  cpu: { type: 'string' },
  cwd: { type: 'string' },
  debug: { type: 'boolean' },
  env: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  level: { type: 'string' },
  'max-disk': { type: 'string' },
  'max-output': { type: 'string' },
  memory: { type: 'string' },
  pids: { type: 'string' },
  storage: { type: 'string' },
  timeout: { type: 'string' },
  token: { type: 'string' },
} as const;


/** `toka sandbox run [FLAGS] -- COMMAND…`; its own exit code passes through. `undefined` where there is no command. */
export async function sandboxRun(argv: readonly string[], door: Door): Promise<number | undefined> {
  const own = { has: (flag: string) => argv.slice(0, argv.indexOf('--')).includes(`--${flag}`) };
  try {
    const { values, command } = read(argv);
    const [program, ...words] = command;
    if (values.help === true || program === undefined) return undefined;
    const wanted = limits(values);
    const allow = values.allow ?? [];
    const level = levelFor(values.level, wanted, allow);
    const cwd = folder(door.cwd, values.cwd);
    const env = (values.env ?? []).map((name) => `env:read:${name}`);
    const toka = await doorTo(values.storage, door).open();
    try {
      const principal = values.token === undefined ? {} : { principal: await toka.bearer(values.token) };
      const request = toka.request(
        {
          command: {
            argv: [program, ...words],
            level,
            limits: wanted,
            capabilities: [...allow, ...env],
            isTyped: true,
            needsCwd: values.cwd !== undefined,
            env: {},
          },
        },
        {},
      );
      return await carryOut(toka, { ...request, ...principal, cwd, allow: [...allow, ...env] }, values.json === true, door);
    } finally {
      await toka.close();
    }
  } catch (thrown) {
    return reportError(thrown, own, door);
  }
}

async function carryOut(
  toka: Awaited<ReturnType<Door['open']>>,
  request: Parameters<typeof toka.run>[0],
  isJson: boolean,
  door: Door,
): Promise<number> {
  const view = terminal(door.stderr, door.env);
  const live = liveView({ streams: door, view, output: isJson ? 'stderr' : 'stdout', quiet: false });
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const result = await toka.run({ ...request, signal: interrupts.signal, onEvent: live.show });
    if (isJson) door.stdout.write(`${JSON.stringify(result)}\n`);
    if (!result.error) return 0;
    if (result.error.code === 'TOKA_RUN_FAILED' && result.exitCode !== null) return result.exitCode;
    if (!isJson) door.stderr.write(errorText(result.error, view));
    return exitCodeOf(result.error);
  } finally {
    interrupts.end();
  }
}

function folder(here: string, name: string | undefined): string {
  const path = resolve(here, name ?? '.');
  if (name !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw usage('cwd', name, 'a folder');
  return path;
}

/** Everything before the first `--`, or before the first word that is no flag, is toka's; the rest is the command, untouched. */
function read(argv: readonly string[]) {
  const split = argv.indexOf('--');
  const [own, command] = split === -1 ? leading(argv) : [argv.slice(0, split), argv.slice(split + 1)];
  try {
    return { values: parseArgs({ args: [...own], options: OPTIONS, strict: true, allowPositionals: false }).values, command };
  } catch (cause) {
    throw new TokaError('TOKA_USAGE', (cause as Error).message.split('. ')[0] ?? '', {
      cause,
      hint: 'put -- in front of the command: toka sandbox run [FLAGS] -- COMMAND…',
    });
  }
}

function leading(argv: readonly string[]): [readonly string[], readonly string[]] {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) return [argv.slice(0, at), argv.slice(at)];
    const option = OPTIONS[word.slice(2) as keyof typeof OPTIONS];
    if (option?.type === 'string') at += 1;
  }
  return [argv, []];
}

/** The level that is named, or else the lowest that allows the limits and the network asked for: a limit is never lowered without a word. */
function levelFor(name: string | undefined, wanted: SandboxOverrides, allow: readonly string[]): Level {
  if (name !== undefined && !Object.hasOwn(LEVELS, name)) throw usage('level', name, Object.keys(LEVELS).join(', '));
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

type Values = ReturnType<typeof read>['values'];

function limits(values: Values): SandboxOverrides {
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
  if (value === undefined || value <= 0) throw usage(flag, text, `a value like ${like}`);
  return { [key]: value };
}

function parseCount(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function usage(flag: string, text: string, expected: string): TokaError {
  return new TokaError('TOKA_USAGE', `--${flag} takes ${expected}, found "${text}"`, { hint: 'toka sandbox run --help shows all flags' });
}
