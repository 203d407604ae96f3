import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { grantedFiles } from '../../src/runtime/granted-files.ts';

test('the files that a process may read are told by their digests, until somebody ends the run', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-granted-')));
  writeFileSync(join(root, 'a.txt'), 'one\n');
  writeFileSync(join(root, '.env'), 'API_KEY=a-very-secret-value\n');
  const effective = new EffectiveSet([{ capability: parseCapability(`fs:read:${root}/**`), source: 'flag' }]);
  expect(await grantedFiles(effective, [])).toMatchObject({ files: [{ path: join(root, 'a.txt'), bytes: 4 }], isCut: false });
  await expect(grantedFiles(effective, [], AbortSignal.abort())).rejects.toMatchObject({ code: 'TOKA_CANCELLED' });
  rmSync(root, { recursive: true });
});
