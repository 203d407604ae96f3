import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Said, Targets } from './attempts.ts';

/** How long an attempt that meets no answer may take. */
const PATIENCE_MS = 3000;
const SENT_MS = 100;
const HARMLESS = ['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_'];

const NO_ANSWER = Symbol('no answer');

type Attack = (targets: Targets) => unknown;

/** Each returns what it got, which is nothing or false where it got nothing, or fails. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  'read-outside': ({ folder }) => readFileSync(join(folder, 'outside/secret'), 'utf8'),
  'read-link': ({ folder }) => readFileSync(join(folder, 'read/link'), 'utf8'),
  'read-hidden': ({ folder }) => readFileSync(join(folder, 'read/hidden'), 'utf8'),
  'read-shadow': () => readFileSync('/etc/shadow', 'utf8'),
  'write-outside': ({ folder }) => written(join(folder, 'outside/new')),
  'write-read-grant': ({ folder }) => written(join(folder, 'read/new')),
  'write-system': () => written('/usr/bin/toka-was-here'),
  'write-protected': ({ folder }) => written(join(folder, 'write/.git/hooks/pre-commit')),
  'move-protected': ({ folder }) => {
    renameSync(join(folder, 'write/.git'), join(folder, 'write/moved'));
    return true;
  },
  remount: () => ended('mount', '-o', 'remount,rw,bind', '/usr'),
  'core-pattern': () => openSync('/proc/sys/kernel/core_pattern', 'a'),
  setuid: ({ folder }) => {
    const program = join(folder, 'write/program');
    written(program);
    chmodSync(program, 0o4755);
    return true;
  },
  namespace: () => ended('unshare', '-U', 'true'),
  capabilities: () => !/^CapEff:\s+0+$/m.test(status()) || !/^NoNewPrivs:\s+1$/m.test(status()),
  filter: () => !/^Seccomp:\s+2$/m.test(status()),
  environment: () => variables().some((name) => !HARMLESS.includes(name)),
  'see-process': ({ pid }) => readdirSync('/proc').includes(String(pid)),
  'kill-process': ({ pid }) => process.kill(pid, 'SIGKILL'),
  outlive: ({ mark }) => {
    spawn('sleep', [mark], { detached: true, stdio: 'ignore' }).unref();
    // Whether it lives on is seen from outside.
    return false;
  },
  tcp: ({ ports }) => answers({ host: '127.0.0.1', port: ports.other }),
  udp: async ({ ports }) => {
    const socket = createSocket('udp4');
    socket.send('x', ports.udp, '127.0.0.1');
    await setTimeout(SENT_MS);
    // Whether it came is seen from outside.
    return false;
  },
  'unix-path': ({ folder }) => answers({ path: join(folder, 'read/socket') }),
  'unix-abstract': ({ abstract }) => answers({ path: abstract }),
  'granted-host': ({ ports }) => throughProxy(`127.0.0.1:${ports.granted}`),
  'other-port': ({ ports }) => throughProxy(`127.0.0.1:${ports.other}`),
  'rebound-name': ({ ports }) => throughProxy(`rebound.invalid:${ports.other}`),
  'round-proxy': ({ ports }) => answers({ host: '127.0.0.1', port: ports.granted }),
};

function written(path: string): true {
  writeFileSync(path, 'x');
  return true;
}

function ended(program: string, ...args: readonly string[]): boolean {
  const { status: code, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw error;
  if (code !== 0) throw new Error(stderr.trim().split('\n')[0] ?? `it ended with ${code}`);
  return true;
}

const status = (): string => readFileSync('/proc/self/status', 'utf8');

/** Of every process that can be seen, this one excepted. */
function variables(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').filter(Boolean).map((entry) => entry.split('=')[0]!);
    } catch {
      // It has ended, or is another user's.
      return [];
    }
  });
}

async function answers(at: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<true> {
  const socket = connect(at);
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

async function throughProxy(target: string): Promise<true> {
  const { hostname, port } = new URL(process.env['HTTP_PROXY'] ?? '');
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const line = answer.toString('latin1').split('\r\n')[0]!;
  if (!line.includes(' 200 ')) throw new Error(line.replace('HTTP/1.1 ', 'the proxy answered '));
  return true;
}

/** A promise also of what fails at once. */
async function attack(id: string, targets: Targets): Promise<unknown> {
  return ATTACKS[id]?.(targets);
}

async function tried(id: string, targets: Targets): Promise<Said> {
  try {
    const got = await Promise.race([attack(id, targets), setTimeout(PATIENCE_MS, NO_ANSWER, { ref: false })]);
    if (got === NO_ANSWER) return { id, succeeded: false, met: 'no answer' };
    return { id, succeeded: got !== false && got !== '' && got !== undefined, met: got === '' ? 'an empty file' : '' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { id, succeeded: false, met: code ?? message };
  }
}

/** The program inside the sandbox that `toka doctor --sandbox` attacks: it takes its targets as JSON, and says how each attempt ended. */
async function main(): Promise<void> {
  const targets = JSON.parse(process.argv[2] ?? '') as Targets;
  for (const id of targets.attempts) process.stdout.write(`${JSON.stringify(await tried(id, targets))}\n`);
  process.exit();
}

void main();
