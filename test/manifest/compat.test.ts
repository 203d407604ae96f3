import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadToolManifest } from '../../src/manifest/load.ts';
import { refusalOf } from './support.ts';

const manifests = (folder: string) => readdirSync(folder).filter((name) => /^[^.]+\.(yaml|json)$/.test(name));
const golden = (folder: string, name: string, kind: string): unknown =>
  JSON.parse(readFileSync(join(folder, `${name.replace(/\.\w+$/, '')}.${kind}.json`), 'utf8'));

// Files of compat/ are never changed: a manifest that was once accepted keeps its meaning.
describe('manifests of version 1 keep their meaning', () => {
  const folder = join(import.meta.dirname, 'compat', 'v1');

  test.each(manifests(folder))('%s', async (name) => {
    const tool = await loadToolManifest(join(folder, name), { source: 'project', kind: 'project', root: folder });
    expect(JSON.parse(JSON.stringify(tool).replaceAll(folder, '<folder>'))).toEqual(golden(folder, name, 'tool'));
  });
});

describe('files as people write them are refused with every problem at its place', () => {
  const folder = join(import.meta.dirname, 'fixtures', 'refused');

  test.each(manifests(folder))('%s', async (name) => {
    const load = () => loadToolManifest(join(folder, name), { source: 'project', kind: 'project', root: folder });
    const { problems } = await refusalOf(load);
    const facts = problems.map(({ path, line, column, code, suggestion }) => ({ path, line, column, code, suggestion }));
    expect(JSON.parse(JSON.stringify(facts))).toEqual(golden(folder, name, 'problems'));
  });
});
