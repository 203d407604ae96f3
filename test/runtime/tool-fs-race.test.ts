import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TokaError } from '../../src/errors.ts';
import { createToolFs } from '../../src/runtime/tool-fs.ts';

let root: string;
let outside: string;

beforeEach(() => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-fs-')));
  root = join(base, 'project');
  outside = join(base, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
});

afterEach(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const isInside = (_action: string, path: string) => path === root || path.startsWith(`${root}/`);

describe.skipIf(process.platform !== 'linux')('a folder exchanged for a symlink that leads out, all the time', () => {
  // The writer makes project/door itself when it is away, so each step may fail.
  const swapper = `
    const { renameSync, rmSync, symlinkSync, unlinkSync } = require('node:fs');
    const { parentPort, workerData: { root, outside } } = require('node:worker_threads');
    const attempt = (...steps) => { for (const step of steps) try { step(); return; } catch {} };
    let running = true, swaps = 0;
    parentPort.on('message', () => { running = false; });
    const step = () => {
      for (let i = 0; i < 100; i++) {
        attempt(() => renameSync(root + '/door', root + '/aside'));
        attempt(() => { symlinkSync(outside, root + '/door'); swaps++; });
        attempt(() => unlinkSync(root + '/door'));
        attempt(() => renameSync(root + '/aside', root + '/door'), () => rmSync(root + '/aside', { recursive: true }));
      }
      if (running) setImmediate(step); else parentPort.postMessage(swaps);
    };
    parentPort.postMessage('started');
    step();`;

  const whileSwapping = async (work: () => Promise<void>) => {
    const worker = new Worker(swapper, { eval: true, workerData: { root, outside } });
    await new Promise((done, fail) => {
      worker.once('message', done);
      worker.once('error', fail);
    });
    try {
      await work();
    } finally {
      const ended = new Promise((done) => void worker.once('message', done));
      worker.postMessage('stop');
      expect(await ended).toBeGreaterThan(0);
      await worker.terminate();
    }
  };

  // At least so many rounds, and more until the door was the real folder a few times.
  const tally = async (rounds: number, action: (round: number) => Promise<unknown>) => {
    const seen = new Map<string, number>();
    for (let round = 0; round < rounds || ((seen.get('done') ?? 0) < 5 && round < 100 * rounds); round++) {
      const outcome = await action(round).then(
        () => 'done',
        (error: unknown) => (error as TokaError).code,
      );
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    return seen;
  };

  it('never lets a write out', async () => {
    mkdirSync(join(root, 'door'));
    const fs = createToolFs({ cwd: root, allows: isInside });
    await whileSwapping(async () => {
      const seen = await tally(300, () => fs.write('door/a.txt', 'mine'));
      const deep = await tally(50, (round) => fs.write(`door/deep-${round}/er/a.txt`, 'mine', { parents: true }));
      expect(seen.get('done')).toBeGreaterThan(0);
      const known = ['done', 'TOKA_CAPABILITY_DENIED', 'TOKA_FS_NOT_FOUND', 'TOKA_FS_FAILED'];
      expect([...seen.keys(), ...deep.keys()].filter((code) => !known.includes(code))).toEqual([]);
    });
    expect(readdirSync(outside)).toEqual([]);
  });

  it('never lets a read, a listing or a walk out', async () => {
    mkdirSync(join(root, 'door'));
    writeFileSync(join(root, 'door', 'a.txt'), 'mine');
    writeFileSync(join(outside, 'a.txt'), 'secret');
    writeFileSync(join(outside, 'secret-name.txt'), 'secret');
    const fs = createToolFs({ cwd: root, allows: isInside });
    await whileSwapping(async () => {
      const texts = new Set<string>();
      const names = new Set<string>();
      const seen = await tally(2000, async () => {
        texts.add(await fs.readText('door/a.txt'));
        for (const { name } of await fs.list('door')) names.add(name);
      });
      await tally(300, async () => {
        for await (const { name } of fs.walk('.')) names.add(name);
      });
      expect(seen.get('done')).toBeGreaterThan(0);
      expect([...texts]).toEqual(['mine']);
      expect(names.has('secret-name.txt')).toBe(false);
    });
  });
});
