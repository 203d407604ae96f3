import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { fileView } from '../../src/runtime/mounts.ts';
import { temporaryFolder } from '../sandbox/support.ts';

it.each(['read', 'write'])('a folder that became a symlink after it was granted is not shown: %s', (action) => {
  using folder = temporaryFolder();
  const docs = join(folder.path, 'docs');
  mkdirSync(docs);
  mkdirSync(join(folder.path, 'private'));
  const permissions = [{ capability: parseCapability(`fs:${action}:${docs}/**`) }];
  const effective = { permissions, carvedOut: [] } as unknown as EffectiveSet;
  expect(fileView(effective, []).mounts).toEqual([{ path: docs, access: action }]);
  renameSync(docs, join(folder.path, 'moved'));
  symlinkSync('private', docs);
  expect(() => fileView(effective, [])).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_DENIED' }));
});
