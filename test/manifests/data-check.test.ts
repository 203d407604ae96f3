import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, has, lay, resultOf, root, run } from './support.ts';

interface Report {
  readonly checked: number;
  readonly invalid: number;
  readonly findings: readonly { path: string; line?: number; column?: number; kind: string; severity: string }[];
  readonly skipped: readonly { path: string; reason: string }[];
}

async function check(...args: string[]): Promise<Report & { status: number | null }> {
  const ended = run('python3', [fileOf('data-check/data-check.py'), ...args]);
  expect(ended.stderr).toBe('');
  return { ...((await resultOf('data-check', ended)) as Report), status: ended.status };
}

async function found(...args: string[]): Promise<string[]> {
  return (await check(...args)).findings.map(({ path, line, column, kind }) => `${path}:${line ?? '-'}:${column ?? '-'} ${kind}`);
}

describe.skipIf(!has('python3', '-c', 'import tomllib'))('data-check (needs Python 3.11 for TOML)', () => {
  it('finds nothing wrong with valid files', async () => {
    await lay({
      'package.json': '{"name": "shop", "big": 123456789012345678901234567890, "deep": [[[]]]}\n',
      'Cargo.toml': '[package]\nname = "till"\n',
      'log.jsonl': '{"a":1}\n\n[2]\r\n',
      'tsconfig.json': '{\n  // comment\n  "files": ["a.ts",], /* more */\n  "url": "http://x/*y*/",\n}\n',
      '.vscode/settings.json': '{"a": 1, /* b */}',
      'notes.txt': '{',
    });
    expect(await check()).toMatchObject({ status: 0, checked: 5, invalid: 0, findings: [], skipped: [] });
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a.json', '{"a": 1 "b": 2}', '1:9 syntax'],
    ['a.json', '{\n  "a": 1\n  "b": 2\n}', '3:3 syntax'],
    ['a.json', '{"a": NaN}', '1:7 syntax'],
    ['a.json', '["Infinity", -Infinity]', '1:15 syntax'],
    ['a.json', '', '1:1 syntax'],
    ['a.json', '// no comments here\n{}', '1:1 syntax'],
    ['a.json', '{\n  "a": 1,\n  "b": {"c": 1, "c": 2},\n  "a": 3\n}', '3:17 duplicate-key|4:3 duplicate-key'],
    ['a.json', '\uFEFF{}', '1:1 bom'],
    ['a.json', Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), '1:1 encoding'],
    ['a.json', Buffer.from([0x5b, 0x0a, 0x22, 0xe9, 0x22, 0x5d]), '2:2 encoding'],
    ['a.json', '['.repeat(100_000), '1:1 syntax'],
    ['tsconfig.json', '{\n  // fine\n  "a": /* fine */ ,\n}', '3:19 syntax'],
    ['a.jsonl', '{"a":1}\n{"a":1,"a":2}\n{\n', '2:8 duplicate-key|3:2 syntax'],
    ['a.toml', 'a = 1\nb = \n', '2:5 syntax'],
    ['a.toml', 'a = 1\na = 2\n', '2:6 syntax'],
    ['a.toml', 'a = "open', '1:10 syntax'],
  ])('gives the places of what is wrong in %s: %s', async (name, content, expected) => {
    await lay({ [name]: content });
    const kinds = await found();
    expect(kinds.map((each) => each.slice(name.length + 1)).join('|')).toBe(expected);
  });

  it('fails for errors, not for warnings', async () => {
    await lay({ 'a.json': '\uFEFF{}' });
    expect(await check()).toMatchObject({ status: 0, invalid: 0 });
    await lay({ 'b.json': '{' });
    expect(await check()).toMatchObject({ status: 1, checked: 2, invalid: 1 });
  });

  it('agrees with JSON.parse about which texts are JSON', async () => {
    const text = fc.oneof(
      fc.json(),
      fc
        .json()
        .chain((json) =>
          fc
            .tuple(fc.nat(json.length), fc.constantFrom(',', '}', ']', '"', '\\', '\n', '1', 'e', '-', '\u0001', ' '))
            .map(([at, extra]) => json.slice(0, at) + extra + json.slice(at)),
        ),
    );
    let folder = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 40, maxLength: 40 }), async (texts) => {
        folder += 1;
        await lay(Object.fromEntries(texts.map((each, at) => [`t${folder}/${String(at).padStart(3, '0')}.json`, each])));
        const broken = new Set(
          (await check(`t${folder}`)).findings.filter(({ kind }) => kind === 'syntax').map(({ path }) => path.slice(-8, -5)),
        );
        const expected = texts.flatMap((each, at) => (isJson(each) ? [] : [String(at).padStart(3, '0')]));
        expect([...broken].toSorted()).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  it('leaves out dependencies and what the caller excludes, and says what it skipped', async () => {
    await lay({ 'node_modules/a/package.json': '{', 'old/a.json': '{', 'big.json': `"${'x'.repeat(200)}"`, 'fine.json': '1' });
    await symlink('..', join(root, 'loop'));
    expect(await check('--exclude=old', '--max-bytes=100')).toMatchObject({ checked: 1, findings: [], skipped: [{ path: 'big.json' }] });
  });

  it('reads files of odd names', async () => {
    await lay({ 'a"\n\\ü.json': '{', '-x.json': '{' });
    expect(await found()).toEqual(['-x.json:1:2 syntax', 'a"\n\\ü.json:1:2 syntax']);
  });

  it('refuses a path that is not there with exit code 2', () => {
    expect(run('python3', [fileOf('data-check/data-check.py'), 'absent'])).toMatchObject({ status: 2, stdout: '' });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
