import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageChecks } from '@toka/sdk/testing';
import { describe, test } from 'vitest';
import lmdb from '../src/lmdb.ts';

describe('the LMDB storage', () => {
  test.each(storageChecks)('$name', ({ run }) =>
    run(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'toka-lmdb-'));
      const target = join(folder, 'copy');
      return {
        open: (options) => lmdb.open({ location: join(folder, 'events'), ...options }),
        copy: { target, open: () => lmdb.open({ location: target }) },
        remove: async () => rmSync(folder, { recursive: true, force: true }),
      };
    }),
  );
});
