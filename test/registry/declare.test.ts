import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilityFault } from '../../src/capability/rules.ts';
import { declareManifests, type ManifestFile } from '../../src/registry/declare.ts';

const THREAD = join(import.meta.dirname, '../../dist/index-thread.js');
const COUNT = 1200;

let folder: string;
let files: ManifestFile[];

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'toka-declare-')));
  files = Array.from({ length: COUNT }, (_, at) => {
    const file = join(folder, `tool-${at}.yaml`);
    writeFileSync(file, at % 100 === 7 ? 'metadata: [' : manifest(at));
    return { file, stamp: `stamp-${at}`, source: { type: 'folder', name: 'project', kind: 'project', folder, root: folder } };
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function manifest(at: number): string {
  const capability = at % 100 === 8 ? 'nonsense' : 'fs:read:docs/**';
  return `apiVersion: toka/v1
metadata: { name: tool-${at}, version: 1.0.0, category: test, description: Tool ${at} }
spec:
  executable: { type: external, path: 'true' }
  capabilities: { required: ['${capability}'] }
  effect: read
`;
}

describe('many manifests', () => {
  test('are the same by threads as without, in their order, with their problems', async () => {
    const alone = await declareManifests(files, { checkCapability: capabilityFault });
    expect(alone.map(({ file }) => file)).toEqual(files.map(({ file }) => file));
    expect(alone.filter(({ problem }) => problem !== undefined)).toHaveLength((2 * COUNT) / 100);
    expect(await declareManifests(files, { checkCapability: capabilityFault, thread: THREAD })).toEqual(alone);
  });

  test('are read here where a thread cannot', async () => {
    const declared = await declareManifests(files, { checkCapability: capabilityFault, thread: join(folder, 'missing.js') });
    expect(declared.flatMap(({ tools }) => tools)).toHaveLength(COUNT - (2 * COUNT) / 100);
  });
});
