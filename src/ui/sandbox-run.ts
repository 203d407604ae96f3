import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TokaError } from '../errors.ts';
import { type Door, doorTo } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { badFlag, levelFor, LIMIT_OPTIONS, limitsFrom } from './limit-flags.ts';
import { liveView } from './live.ts';
import { errorText, exitCodeOf } from './report.ts';
import { reportError } from './report-error.ts';
import { terminal } from './text.ts';

const OPTIONS = {
  ...LIMIT_OPTIONS,
  allow: { type: 'string', multiple: true },
  cwd: { type: 'string' },
  debug: { type: 'boolean' },
  env: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  storage: { type: 'string' },
  token: { type: 'string' },
} as const;

/** `toka sandbox run [FLAGS] -- COMMAND…`; its own exit code passes through. `undefined` where there is no command. */
export async function sandboxRun(argv: readonly string[], door: Door): Promise<number | undefined> {
  const own = { has: (flag: string) => argv.slice(0, argv.indexOf('--')).includes(`--${flag}`) };
  try {
    const { values, command } = read(argv);
    const [program, ...words] = command;
    if (values.help === true || program === undefined || program === '') return undefined;
    const wanted = limitsFrom(values);
    const allow = values.allow ?? [];
    const level = levelFor(values.level, wanted, allow);
    const cwd = folder(door.cwd, values.cwd);
    const env = (values.env ?? []).map(variable);
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
    live.end();
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
  if (name !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw badFlag('cwd', name, 'a folder');
  return path;
}

/** `NAME=VALUE` would be granted as a name that no variable has. */
function variable(name: string): string {
  if (!/^[A-Za-z_*?][A-Za-z0-9_*?]*$/.test(name)) throw badFlag('env', name, 'the name of a variable, which keeps the value that it has here');
  return `env:read:${name}`;
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
