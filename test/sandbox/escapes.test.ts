import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryEscapes } from '../../src/sandbox/escapes/attack.ts';
import { ALONE, BEYOND, NETWORKED, type Said } from '../../src/sandbox/escapes/attempts.ts';
import { makeDecoys } from '../../src/sandbox/escapes/decoys.ts';
import { temporaryFolder } from './support.ts';

describe('attempts to get out of a sandbox', () => {
  it('are all held on this machine, and leave nothing behind', async () => {
    using folder = temporaryFolder();
    const tried = await tryEscapes(folder.path);
    expect(tried.filter(({ result }) => result !== 'held')).toEqual([]);
    expect(tried.map(({ id }) => id)).toEqual([...ALONE, ...NETWORKED, ...BEYOND].map(({ id }) => id));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('succeed where there is no sandbox, so that they tell one', async () => {
    using folder = temporaryFolder();
    const decoys = await makeDecoys(folder.path);
    try {
      // Those that would change the machine are left out.
      const attempts = [
        ...['read-outside', 'read-link', 'read-hidden', 'write-outside', 'write-read-grant', 'write-protected', 'move-protected', 'setuid'],
        ...['filter', 'capabilities', 'environment', 'see-process', 'tcp', 'unix-path', 'unix-abstract', 'round-proxy', 'kill-process'],
      ];
      const targets = { ...decoys, attempts, mark: '' };
      const program = join(import.meta.dirname, '../../dist/escapes.cjs');
      const { promise, resolve } = Promise.withResolvers<string>();
      const child = spawn(process.execPath, [program, JSON.stringify(targets)], { stdio: ['ignore', 'pipe', 'ignore'] });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks).toString()));
      const said = (await promise).trim().split('\n').map((line) => JSON.parse(line) as Said);
      expect(said.filter(({ succeeded }) => !succeeded)).toEqual([]);
      expect([said.length, [...decoys.reached].toSorted()]).toEqual([attempts.length, ['other', 'unix-abstract', 'unix-path']]);
    } finally {
      decoys.remove();
    }
  });
});
