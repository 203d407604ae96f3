import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { find, here, list, manifest, user, withToka, writeUser } from './support.ts';

describe('names', () => {
  test('a clash fails the unqualified use only, and names both', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'of the project') });
    writeUser('audit.yaml', manifest('audit', 'of the user'));
    await expect(find('audit')).rejects.toMatchObject({
      code: 'TOKA_TOOL_AMBIGUOUS',
      data: { candidates: ['project/audit', 'user/audit'], files: [join(here.project, 'manifests/audit.yaml'), user('audit.yaml')] },
    });
    expect([await find('project/audit'), await find('user/audit')]).toEqual(['of the project', 'of the user']);
    expect(await list()).toEqual(['audit']);
  });

  test('prefer decides, for that name alone', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'of the project'), 'manifests/census.yaml': manifest('census') });
    writeUser('audit.yaml', manifest('audit', 'of the user'));
    writeUser('census.yaml', manifest('census'));
    writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\nprefer: { audit: user }\n');
    expect(await find('audit')).toBe('of the user');
    await expect(find('census')).rejects.toMatchObject({ code: 'TOKA_TOOL_AMBIGUOUS' });
  });

  test('prefer for a source that has no such tool leaves the name ambiguous; that of an untrusted project counts for nothing', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit'), 'toka.yaml': 'apiVersion: toka/v1\nprefer: { audit: project }\n' });
    writeUser('audit.yaml', manifest('audit'));
    await expect(find('audit')).rejects.toMatchObject({ code: 'TOKA_TOOL_AMBIGUOUS' });
    writeFileSync(join(here.home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\nprefer: { audit: files }\n');
    await expect(find('audit')).rejects.toMatchObject({ code: 'TOKA_TOOL_AMBIGUOUS' });
  });

  test('two manifests of one source with one name: neither runs, qualified or not, and both files are named', async () => {
    here.write({ 'manifests/a.yaml': manifest('audit'), '.toka/tools/b.yaml': manifest('audit') });
    for (const name of ['audit', 'project/audit']) {
      await expect(find(name)).rejects.toMatchObject({
        code: 'TOKA_TOOL_AMBIGUOUS',
        data: { files: [join(here.project, 'manifests/a.yaml'), join(here.project, '.toka/tools/b.yaml')] },
      });
    }
  });

  test('a project cannot pass its tool off as a bundled one', async () => {
    here.write({ 'manifests/reader.yaml': manifest('file-reader', 'a trap') });
    await expect(find('file-reader')).rejects.toMatchObject({ code: 'TOKA_TOOL_AMBIGUOUS' });
    expect(await find('files/file-reader')).not.toBe('a trap');
  });

  test('an unknown one is suggested for', async () => {
    await expect(find('file-raeder')).rejects.toMatchObject({ code: 'TOKA_TOOL_UNKNOWN', data: { suggestion: 'file-reader' } });
  });

  test.each(["x'; DROP TABLE tools; --", '', '/', '%', 'files/', '../../etc/passwd', '\u0000'])('%j is just unknown', async (name) => {
    await expect(find(name)).rejects.toMatchObject({ code: 'TOKA_TOOL_UNKNOWN' });
  });
});

describe('a broken manifest', () => {
  test('is reported and left out; the others work', async () => {
    here.write({ 'manifests/good.yaml': manifest('good'), 'manifests/bad.yaml': 'apiVersion: toka/v1\nmetadata: [\n' });
    expect(await list()).toEqual(['good']);
    expect(await withToka(async (toka) => (await toka.index()).problems().map(({ file }) => file))).toEqual([
      join(here.project, 'manifests/bad.yaml'),
    ]);
  });

  test('asked for by its name it says what is wrong', async () => {
    here.write({ 'manifests/bad.yaml': 'apiVersion: toka/v1\nmetadata: [\n' });
    await expect(find('bad')).rejects.toMatchObject({ code: 'TOKA_MANIFEST_INVALID' });
  });

  test('corrected in place it is there at once', async () => {
    here.write({ 'manifests/late.yaml': 'apiVersion: toka/v1\n' });
    expect(await list()).toEqual([]);
    here.write({ 'manifests/late.yaml': manifest('late') });
    expect([await list(), await find('late')]).toEqual([['late'], 'The tool late']);
  });
});

describe('changes are picked up', () => {
  test('by all who ask at once while others still read', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'before'), 'manifests/census.yaml': manifest('census', 'before') });
    await withToka(async (toka) => {
      await toka.findTool('audit');
      here.write({ 'manifests/audit.yaml': manifest('audit', 'after it'), 'manifests/census.yaml': manifest('census', 'after it') });
      const found = await Promise.all(['audit', 'census', 'audit', 'file-reader'].map(async (name) => (await toka.findTool(name)).tool));
      expect(found.slice(0, 3).map(({ description }) => description)).toEqual(['after it', 'after it', 'after it']);
    });
  });

  test('an edit in place, by a run', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'before') });
    expect(await find('audit')).toBe('before');
    here.write({ 'manifests/audit.yaml': manifest('audit', 'after!') });
    expect(await find('audit')).toBe('after!');
  });

  test('an edit in place, by a toka that stays open', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit', 'before') });
    await withToka(async (toka) => {
      expect((await toka.findTool('audit')).tool.description).toBe('before');
      here.write({ 'manifests/audit.yaml': manifest('audit', 'after!') });
      expect((await toka.findTool('audit')).tool.description).toBe('after!');
    });
  });

  test('a name changed in place', async () => {
    here.write({ 'manifests/audit.yaml': manifest('audit') });
    expect(await list()).toEqual(['audit']);
    here.write({ 'manifests/audit.yaml': manifest('census') });
    expect(await find('census')).toBe('The tool census');
    await expect(find('audit')).rejects.toMatchObject({ code: 'TOKA_TOOL_UNKNOWN' });
  });

  test('files added, removed and moved, also in sub-folders', async () => {
    here.write({ 'manifests/a.yaml': manifest('a') });
    expect(await list()).toEqual(['a']);
    here.write({ 'manifests/b.yaml': manifest('b'), 'manifests/deep/down/c.yaml': manifest('c'), '.toka/tools/d.yaml': manifest('d') });
    expect(await list()).toEqual(['a', 'b', 'c', 'd']);
    rmSync(join(here.project, 'manifests/a.yaml'));
    rmSync(join(here.project, 'manifests/deep'), { recursive: true });
    expect(await list()).toEqual(['b', 'd']);
    rmSync(join(here.project, 'manifests'), { recursive: true });
    expect(await list()).toEqual(['d']);
  });

  test('folders for other things, hidden ones and dependencies hold no tools', async () => {
    const text = manifest('hidden');
    here.write({
      'manifests/agents/a.yaml': text,
      'manifests/node_modules/b.yaml': text,
      'manifests/.git/c.yaml': text,
      'manifests/d.yaml.bak': text,
    });
    expect(await list()).toEqual([]);
  });

  test('300 manifests are listed, each as it is', async () => {
    const names = Array.from({ length: 300 }, (_, at) => `tool-${String(at).padStart(3, '0')}`);
    here.write(Object.fromEntries(names.map((name) => [`manifests/${name}.yaml`, manifest(name)])));
    expect(await list()).toEqual(names);
    expect(await find('tool-299')).toBe('The tool tool-299');
  });
});

describe('search', () => {
  test('the name counts most, then what it says of itself', async () => {
    here.write({
      'manifests/deploy.yaml': manifest('deploy', 'Send a site to a server'),
      'manifests/undo.yaml': manifest('undo', 'Take back a deploy'),
      'manifests/cake.yaml': manifest('cake', 'Bake'),
    });
    const search = async (query: string): Promise<string[]> =>
      withToka(async (toka) =>
        (await toka.index())
          .search(query, 5)
          .map(({ name }) => name)
          .filter((name) => ['deploy', 'undo', 'cake'].includes(name)),
      );
    expect(await search('deploy')).toEqual(['deploy', 'undo']);
    expect(await search('deploying')).toEqual(['deploy', 'undo']);
    expect(await search('dep')).toEqual(['deploy', 'undo']);
    expect(await search('server')).toEqual(['deploy']);
    for (const odd of ['"', '*', 'a AND', 'NEAR(', '--', "'", '😀', '\u0000', '']) expect(await search(odd)).not.toContain('cake');
  });

  test.each([
    ['broken links', 'link-validator'],
    ['read a file', 'file-reader'],
    ['secrets in env', 'env-validator'],
    ['regular expression', 'file-searcher'],
  ])('"%s" finds %s', async (query, name) => {
    const found = await withToka(async (toka) => (await toka.index()).search(query, 3).map((each) => each.name));
    expect(found).toContain(name);
  });
});
