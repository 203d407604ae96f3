import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LAUNCHER, place, type Place, processesWith, tool, until } from '../support/cli.ts';

let here: Place;
let marker: string;
let count = 0;

beforeEach(() => {
  marker = `toka-orphan-${process.pid}-${(count += 1)}`;
  here = place({
    // A tree that wants to live on: of its own session, in the background, deaf to signals.
    ...tool(
      'stubborn',
      `trap '' TERM INT HUP
exec 3>&1
(trap '' TERM INT HUP; setsid bash -c 'trap "" TERM INT HUP; exec -a ${marker} sleep 600' </dev/null >/dev/null 2>&1 3>&- &)
(exec -a ${marker} sleep 601 >/dev/null 2>&1) &
echo ready
while :; do sleep 0.3; echo tick; done`,
      { effect: 'external' },
    ),
  });
});
afterEach(() => here[Symbol.dispose]());

const words = ['run', 'stubborn', '--allow', 'proc:exec'];

async function begun() {
  const started = here.start(words, { detached: true });
  await started.said('ready');
  // They take their names a moment after the tool has started them.
  await until(() => processesWith(marker).length > 0);
  return started;
}

async function statuses(): Promise<string[]> {
  return (await here.json<{ runs: readonly { status: string }[] }>(['runs', 'list'])).runs.map(({ status }) => status);
}

describe('no process is left', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s once: the run is cancelled, its outcome recorded, its whole tree gone',
    async (signal) => {
      const { child, ended } = await begun();
      child.kill(signal);
      expect(await ended).toMatchObject({ code: 130 });
      expect(processesWith(marker)).toEqual([]);
      expect(await statuses()).toEqual(['cancelled']);
    },
  );

  test('Ctrl-C twice: toka ends at once, and takes the tree along', async () => {
    const { child, ended, said } = await begun();
    child.kill('SIGINT');
    await said('Ctrl-C again');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    await until(() => processesWith(marker).length === 0);
    // Its outcome would be "cancelled" if toka had waited for the tool, which does not heed the first.
    expect(await statuses()).toEqual(['interrupted']);
  });

  test('kill -9 of toka takes the tree along', async () => {
    const { child, ended } = await begun();
    child.kill('SIGKILL');
    await ended;
    await until(() => processesWith(marker).length === 0);
    expect(await statuses()).toEqual(['interrupted']);
  });

  test('the reader of its output goes away', async () => {
    const { stdout, stderr } = here.spawn('bash', ['-c', `"$0" "$1" run stubborn --allow proc:exec | head -n 1`, process.execPath, LAUNCHER]);
    expect(stdout).toBe('ready\n');
    await until(() => processesWith(marker).length === 0);
    expect(await statuses()).toEqual(['cancelled']);
    // The same would end the same way.
    expect([stderr.includes('TOKA_CANCELLED'), stderr.includes('run it again')]).toEqual([true, false]);
  });

  test('a run that ends well leaves nothing that it put into the background', async () => {
    here.write(tool('starter', `(exec -a ${marker} sleep 600 >/dev/null 2>&1) & sleep 0.1; echo done`));
    expect((await here.run(['run', 'starter', '--allow', 'proc:exec'])).stdout).toBe('done\n');
    await until(() => processesWith(marker).length === 0);
  });
});

describe('a pipe that is closed early', () => {
  test.each(['tools list --json', 'tools list', 'tools show file-reader', 'run --help', 'run long --allow proc:exec'])(
    'toka %s | head -c 1: no stack, no noise',
    (line) => {
      here.write(tool('long', 'yes | head -c 3000000'));
      mkdirSync(join(here.project, 'manifests'), { recursive: true });
      for (let at = 0; at < 40; at++) {
        writeFileSync(
          join(here.project, `manifests/filler-${at}.yaml`),
          Object.values(tool(`filler-${at}`, 'true', { type: 'external' }))[0]?.replace('The tool', 'x'.repeat(1900)) ?? '',
        );
      }
      const { stderr } = here.spawn('bash', ['-c', `"$0" "$1" ${line} | head -c 1 >/dev/null`, process.execPath, LAUNCHER]);
      expect(stderr).not.toMatch(/EPIPE|at .*\.cjs|Error:/);
    },
  );
});
