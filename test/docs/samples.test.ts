import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Analyser } from '@toka/sdk';
import { analyserChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { capabilityFault } from '../../src/capability/rules.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { LockFile } from '../../src/manifest/lock-file.ts';
import { blocks, canSandbox, copy, ROOT, text } from './support.ts';

test('the configurations that the pages show are valid', () => {
  const shown = ['docs/configuration.md', 'docs/capabilities.md', 'docs/limits.md', 'docs/repl.md'].flatMap((page) => blocks(page).filter(({ language }) => language === 'yaml'));
  expect(shown.length).toBeGreaterThan(1);
  for (const { text: yaml } of shown) expect(() => parseConfig(yaml, 'toka.yaml', capabilityFault)).not.toThrow();
});

test('the manifest that the page shows is that of the example project', () => {
  const [shown] = blocks('docs/manifest.md').filter(({ language }) => language === 'yaml');
  const { spec, ...rest } = parse(text('examples/project/manifests/word-count/tool.yaml')) as { spec: Record<string, unknown> };
  const { examples, ...shared } = spec;
  expect(examples).toBeDefined();
  expect(parse(shown?.text ?? '')).toEqual({ ...rest, spec: shared });
});

test('the lock that the page shows is what is written for the example project', () => {
  using clone = copy();
  const cwd = join(clone.folder, 'examples/project');
  expect(clone.spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'lock'], { cwd }).status).toBe(0);
  const written = JSON.parse(readFileSync(join(cwd, 'toka.lock'), 'utf8')) as LockFile;
  const [shown] = blocks('docs/lock.md').filter(({ language }) => language === 'json');
  const name = 'project/word-count';
  expect(JSON.parse(shown?.text ?? '')).toEqual({ ...written, tools: { [name]: written.tools[name] } });
});

test('the analyser that the page on plugins shows passes what each must, and finds what it says', async () => {
  using clone = copy();
  const [, code] = blocks('docs/plugins.md').filter(({ language }) => language === 'ts');
  mkdirSync(join(clone.folder, 'node_modules/@toka'), { recursive: true });
  symlinkSync(join(ROOT, 'plugins/sdk'), join(clone.folder, 'node_modules/@toka/sdk'));
  const file = join(clone.folder, 'repeats.ts');
  writeFileSync(file, code?.text ?? '');
  const { default: analyser } = (await import(pathToFileURL(file).href)) as { default: Analyser };
  for (const { run } of analyserChecks) await run(analyser);
  const analysis = analyser.start({ often: 2 });
  for (const id of ['a', 'b']) analysis.add({ id, tool: 'project/lint', status: 'succeeded', principal: 'user', denied: [], requestedAt: 1, capabilities: [] });
  expect(analysis.finish().findings).toMatchObject([{ kind: 'repeat', measured: { observed: 2 } }]);
});

test('the tool that the page on plugins shows runs in a project', ({ skip }) => {
  using clone = copy();
  skip(!canSandbox(clone), 'no sandbox here');
  const [code] = blocks('docs/plugins.md').filter(({ language }) => language === 'ts');
  const folder = join(clone.folder, 'examples/project/manifests/line-count');
  mkdirSync(folder);
  writeFileSync(join(folder, 'line-count.ts'), code?.text ?? '');
  const manifest = {
    apiVersion: 'toka/v1',
    metadata: { name: 'line-count', version: '1.0.0', category: 'files', description: 'Count the lines of a text file' },
    spec: {
      executable: { type: 'native', entry: 'line-count.ts' },
      parameters: [{ name: 'path', type: 'path', description: 'The file', required: true, position: 1 }],
      capabilities: { required: ['fs:read:{path}'] },
      effect: 'read',
    },
  };
  writeFileSync(join(folder, 'tool.yaml'), JSON.stringify(manifest));
  const args = ['run', 'line-count', 'data/notes.txt', '--allow', 'proc:exec:node', '--allow', 'fs:read:data/**'];
  const { status, stdout } = clone.spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...args], { cwd: join(clone.folder, 'examples/project') });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '4\n' });
});
