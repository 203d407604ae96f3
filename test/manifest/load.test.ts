import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadToolManifest } from '../../src/manifest/load.ts';
import { problemsOf, refusalOf } from './support.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'toka-manifest-')));
  mkdirSync(join(root, 'manifests'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const GOOD = `apiVersion: toka/v1
metadata: { name: hello, version: 1.0.0, category: text, description: Say hello }
spec:
  executable: { type: shell, path: ./hello.sh }
  effect: none
`;

function write(name: string, content: string | Uint8Array): string {
  const file = join(root, 'manifests', name);
  writeFileSync(file, content);
  return file;
}

function load(file: string) {
  return loadToolManifest(file, { source: 'project', kind: 'project', root });
}

test('a manifest and its script become a tool with absolute paths', async () => {
  write('hello.sh', 'echo hello\n');
  const tool = await load(write('hello.yaml', GOOD));
  expect(tool).toMatchObject({
    qualified: 'project/hello',
    origin: { kind: 'project', file: join(root, 'manifests', 'hello.yaml') },
    executable: {
      type: 'shell',
      interpreter: 'bash',
      path: join(root, 'manifests', 'hello.sh'),
      workingDirectory: 'project',
      stdin: 'none',
    },
  });
});

test('CRLF, a byte order mark and no final newline make no difference', async () => {
  write('hello.sh', '');
  const plain = await load(write('hello.yaml', GOOD));
  expect(await load(write('hello.yaml', `\ufeff${GOOD.trimEnd().replaceAll('\n', '\r\n')}`))).toEqual(plain);
});

describe('where the script stands', () => {
  test('missing', async () => {
    const refusal = await refusalOf(() => load(write('hello.yaml', GOOD)));
    expect(refusal).toMatchObject({ code: 'TOKA_MANIFEST_INVALID', exitCode: 65, where: { line: 4, column: 36 } });
    expect(refusal.problems).toMatchObject([{ code: 'file-missing', path: 'spec.executable.path' }]);
  });

  test('a folder', async () => {
    mkdirSync(join(root, 'manifests', 'hello.sh'));
    expect(await problemsOf(() => load(write('hello.yaml', GOOD)))).toEqual(['file-missing spec.executable.path']);
  });

  test('a link to itself', async () => {
    symlinkSync('hello.sh', join(root, 'manifests', 'hello.sh'));
    expect(await problemsOf(() => load(write('hello.yaml', GOOD)))).toEqual(['file-missing spec.executable.path']);
  });

  test('beside the folder of the manifest, inside the root', async () => {
    writeFileSync(join(root, 'hello.sh'), '');
    const tool = await load(write('hello.yaml', GOOD.replace('./hello.sh', '../hello.sh')));
    expect(tool.executable).toMatchObject({ path: join(root, 'hello.sh') });
  });

  test.each(['../../hello.sh', '/usr/bin/env', '../manifests/../../hello.sh', '..'])('outside the root: %s', async (path) => {
    expect(await problemsOf(() => load(write('hello.yaml', GOOD.replace('./hello.sh', path))))).toEqual(['outside spec.executable.path']);
  });

  test('outside the root through a link', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'toka-elsewhere-'));
    try {
      writeFileSync(join(elsewhere, 'hello.sh'), '');
      symlinkSync(join(elsewhere, 'hello.sh'), join(root, 'manifests', 'hello.sh'));
      expect(await problemsOf(() => load(write('hello.yaml', GOOD)))).toEqual(['outside spec.executable.path']);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test('inside a root that is itself reached through a link', async () => {
    write('hello.sh', '');
    write('hello.yaml', GOOD);
    const link = `${root}-link`;
    symlinkSync(root, link);
    try {
      const tool = await loadToolManifest(join(link, 'manifests', 'hello.yaml'), { source: 'project', kind: 'project', root: link });
      expect(tool.executable).toMatchObject({ path: join(link, 'manifests', 'hello.sh') });
    } finally {
      rmSync(link);
    }
  });

  test('the name of an external program and an absolute path stay as they are, a relative path must exist', async () => {
    const external = (path: string) =>
      load(write('hello.yaml', GOOD.replace('{ type: shell, path: ./hello.sh }', `{ type: external, path: ${path} }`)));
    expect((await external('git')).executable).toMatchObject({ path: 'git' });
    expect((await external('/opt/none/such')).executable).toMatchObject({ path: '/opt/none/such' });
    expect(await problemsOf(() => external('./none'))).toEqual(['file-missing spec.executable.path']);
  });
});

describe('files that are no manifest', () => {
  test.each([
    ['binary data', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), 'not-text'],
    ['a NUL character', 'a: "b\u0000"', 'not-text'],
    ['UTF-16', Buffer.from('\ufeffapiVersion: toka/v1', 'utf16le'), 'not-text'],
    ['Latin-1', Buffer.from('description: caf\u00e9', 'latin1'), 'not-text'],
    ['nothing', '', 'wrong-type'],
    ['comments only', '# nothing\n', 'wrong-type'],
    ['a list', '- a\n', 'wrong-type'],
    ['text', 'hello', 'wrong-type'],
  ])('%s', async (_name, content, code) => {
    expect((await refusalOf(() => load(write('bad.yaml', content)))).problems).toMatchObject([{ code, path: '' }]);
  });

  test('a file that is not there, a folder, a link to itself', async () => {
    symlinkSync('loop.yaml', join(root, 'manifests', 'loop.yaml'));
    expect(await problemsOf(() => load(join(root, 'none.yaml')))).toEqual(['file-missing ']);
    expect(await problemsOf(() => load(join(root, 'manifests')))).toEqual(['unreadable ']);
    expect(await problemsOf(() => load(join(root, 'manifests', 'loop.yaml')))).toEqual(['unreadable ']);
  });

  test('a named pipe without a writer is refused, not waited for', async () => {
    const pipe = join(root, 'manifests', 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    expect(await problemsOf(() => load(pipe))).toEqual(['unreadable ']);
  });

  test('a file of 100 MB is refused by its size', async () => {
    const file = write('big.yaml', GOOD);
    truncateSync(file, 100_000_000);
    expect(await problemsOf(() => load(file))).toEqual(['too-large ']);
  });

  test('a file larger than memory is never read', async () => {
    const file = write('huge.yaml', GOOD);
    truncateSync(file, 2 ** 42);
    expect(await problemsOf(() => load(file))).toEqual(['too-large ']);
  });

  test('1 MiB is accepted, one byte more is not', async () => {
    write('hello.sh', '');
    const padded = `${GOOD}#`.padEnd(2 ** 20, 'x');
    expect((await load(write('hello.yaml', padded))).name).toBe('hello');
    expect(await problemsOf(() => load(write('hello.yaml', `${padded}x`)))).toEqual(['too-large ']);
  });

  test('10,000 parameters are one problem', async () => {
    const list = Array.from(
      { length: 10_000 },
      (_, index) => `    - { name: p${index}, type: string, description: d, pass: { env: P } }\n`,
    );
    write('hello.sh', '');
    const refusal = await refusalOf(() => load(write('many.yaml', `${GOOD}  parameters:\n${list.join('')}`)));
    expect(refusal.problems).toMatchObject([{ code: 'too-many', path: 'spec.parameters', line: 7 }]);
  });
});

test('all problems come sorted by place, at most 50 with the number of the others', async () => {
  const keys = Array.from({ length: 120 }, (_, index) => `  key${index}: 1\n`).join('');
  write('hello.sh', '');
  const refusal = await refusalOf(() => load(write('hello.yaml', GOOD + keys)));
  expect(refusal.problems).toHaveLength(50);
  expect(refusal.more).toBe(70);
  const lines = refusal.problems.map(({ line = 0 }) => line);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  expect(refusal.where).toMatchObject({ line: 6, column: 3 });
});

test('what capabilities there are is asked of the caller', async () => {
  const file = write('hello.yaml', `${GOOD}  capabilities: { required: ['fs:raed:docs'] }\n`);
  write('hello.sh', '');
  const checkCapability = (text: string) => (text === 'fs:raed:docs' ? 'raed is not an action' : undefined);
  expect((await load(file)).capabilities.required).toEqual(['fs:raed:docs']);
  expect(await problemsOf(() => loadToolManifest(file, { source: 'project', kind: 'project', root, checkCapability }))).toEqual([
    'bad-value spec.capabilities.required[0]',
  ]);
});

test('text of a manifest cannot forge what the terminal shows of an error', async () => {
  const refusal = await refusalOf(() => load(write('bad.yaml', 'apiVersion: "\\u001b[2J\\u202e\\u009b"\n"\\u001b[31mkey": 1\n')));
  expect(refusal.message).not.toMatch(/[\u001b\u202e\u009b]/);
});
