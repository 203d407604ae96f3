import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { coded, type CodeOrder, isCoded } from '@toka/sdk';
import { onCancelled, readResult, receiveOrder, send } from '@toka/sdk/program';
import { endedBy, prelude } from '../lib/prelude.ts';
import { variablesOf } from '../lib/variables.ts';

interface Shell {
  readonly program: string;
  readonly flags: readonly string[];
}

const BASH: Shell = { program: 'bash', flags: ['--noprofile', '--norc', '-euo', 'pipefail'] };
const SH: Shell = { program: 'sh', flags: ['-eu'] };

send({ type: 'ready' });
const order = receiveOrder();
if (order) {
  carryOut(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 70;
  });
}

async function carryOut(given: CodeOrder): Promise<void> {
  const own = mkdtempSync(join(tmpdir(), 'toka-'));
  // In a folder of its own, since it may have the name of any other file here.
  mkdirSync(join(own, 'script'));
  const script = join(own, 'script', basename(given.name));
  const result = join(own, 'result.json');
  writeFileSync(script, given.source);
  writeFileSync(join(own, 'params.json'), JSON.stringify(given.params));
  writeFileSync(join(own, 'prelude'), prelude(join(own, 'ended-by')));
  try {
    const shell = spawnSync(BASH.program, ['--version']).error === undefined ? BASH : SH;
    demandSyntax(shell, script, given.name);
    const env = { ...process.env, ...variablesOf(given.params), BASH_ENV: join(own, 'prelude'), TOKA_PARAMS: join(own, 'params.json'), TOKA_RESULT: result };
    const exitCode = await run(shell, script, env);
    process.exitCode = exitCode;
    // Without a result or failure, toka goes by the exit code.
    if (exitCode === 0) send({ type: 'result', data: readResult(result, given.limits.maxValue) });
    else tellFailure(join(own, 'ended-by'), exitCode, given.name);
  } catch (error) {
    if (!isCoded(error)) throw error;
    send({ type: 'failure', code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    process.exitCode = 1;
  }
}

function tellFailure(file: string, exitCode: number, name: string): void {
  const ended = endedBy(recordIn(file), exitCode);
  if (!ended) return;
  const command = ended.command.length > 200 ? `${ended.command.slice(0, 200)}…` : ended.command;
  send({ type: 'failure', code: 'CODE_THREW', message: `\`${command}\` ended with ${exitCode} (${name}:${ended.line})`, hint: 'a script is run with set -euo pipefail; set +e lets it go on' });
}

function recordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** A shell would run all that stands before a mistake. */
function demandSyntax({ program }: Shell, script: string, name: string): void {
  const { status, stderr } = spawnSync(program, ['-n', script], { encoding: 'utf8' });
  if (status === 0) return;
  const [first = ''] = stderr.split('\n');
  const [, line, message] = /^.*?: (?:line )?(\d+): (.*)$/.exec(first) ?? [];
  throw coded('CODE_SYNTAX', line === undefined ? `${first} (${name})` : `${message} (${name}:${line})`);
}

async function run({ program, flags }: Shell, script: string, env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, [...flags, script], { env, stdio: 'inherit' });
  onCancelled(() => {
    child.kill('SIGKILL');
    process.exit(130);
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
