import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../../../test/support/cli.ts';
import { type CodeRun, codeOf, runCode } from '../../../test/support/code.ts';
import { requireInterpreter } from '../src/lib/interpreter.ts';
import { type PackageIndex, packageIndex } from './packages.ts';

let here: Place;
let shop: Place;
let index: PackageIndex;
beforeAll(async () => {
  shop = place();
  index = await packageIndex(join(shop.base, 'index'), requireInterpreter(process.env).program);
  index.wheel('greetings', '1.0', 'def main(): print("hello")\n');
  index.wheel('farewells', '1.0', 'def main(): print("bye")\n');
  index.source('sources', '1.0', 'raise SystemExit("built")');
});
afterAll(async () => {
  await index[Symbol.asyncDispose]();
  shop[Symbol.dispose]();
});
beforeEach(() => {
  here = place();
});
afterEach(() => here[Symbol.dispose]());

const run = async (source: string, requirements: readonly string[], words: readonly string[] = ['--allow', `net:connect:${index.host}`]): Promise<CodeRun> =>
  runCode(here, 'python', source, [...requirements.flatMap((each) => ['--requirement', each]), ...words], { env: index.env });

/** What is left of virtual environments, made or half made. */
function environments(): string[] {
  const folder = join(here.home, '.local/share/toka/runtimes/python/environments');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('what code requires', () => {
  test('is installed once, and is then there without the network', async () => {
    const source = 'import greetings, subprocess\ngreetings.main()\nsubprocess.run(["greetings"], check=True)';
    expect(await run(source, ['greetings==1.0'])).toMatchObject({ exit: 0, output: 'hello\nhello\n' });
    const asked = index.asked.length;
    expect(await run(source, ['greetings==1.0'], [])).toMatchObject({ exit: 0, output: 'hello\nhello\n' });
    expect(index.asked).toHaveLength(asked);
    expect(environments()).toHaveLength(1);
  });

  test('is there with nothing else, in whatever order it is named', async () => {
    const source = 'from importlib.metadata import distributions\nreturn sorted(each.metadata["Name"] for each in distributions())';
    expect(await run(source, ['greetings', 'farewells'])).toMatchObject({ exit: 0, data: ['farewells', 'greetings'] });
    expect(await run('import farewells\nfarewells.main()', ['farewells', 'greetings'], [])).toMatchObject({ exit: 0, output: 'bye\n' });
  });

  test('needs the host of the index, and says so', async () => {
    const asked = index.asked.length;
    expect(await run('', ['greetings'], [])).toMatchObject({ exit: 77, error: { code: 'TOKA_CAPABILITY_DENIED', hint: expect.stringContaining(`--allow net:connect:${index.host}`) } });
    expect(environments()).toEqual([]);
    expect(index.asked).toHaveLength(asked);
  });

  test('cannot be changed by the code', async () => {
    const source = 'import greetings, os\ntry:\n  open(greetings.__file__, "a")\nexcept OSError as error:\n  return error.strerror';
    expect(await run(source, ['greetings'])).toMatchObject({ exit: 0, data: 'Read-only file system' });
  });

  test('leaves nothing where it cannot be installed', async () => {
    const result = await run('', ['greetings', 'nothing-of-that-name']);
    expect({ exit: result.exit, code: codeOf(result), left: environments() }).toEqual({ exit: 1, code: 'REQUIREMENTS_FAILED', left: [] });
  });

  test('is never built', async () => {
    const result = await run('', ['sources']);
    expect(codeOf(result)).toBe('REQUIREMENTS_FAILED');
    expect(result.error?.message).not.toContain('built');
  });

  test.each(['--index-url=http://elsewhere.example', './greetings', 'greetings @ http://elsewhere.example/x.whl'])('is the name of a package: %s is refused', async (requirement) => {
    expect(codeOf(await runCode(here, 'python', '', [`--requirement=${requirement}`]))).toBe('REQUIREMENT_INVALID');
  });

  test('is installed by two runs at once', async () => {
    const source = 'import greetings\ngreetings.main()';
    here.write({ 'one.py': source, 'two.py': source });
    const words = ['--requirement', 'greetings', '--allow', `net:connect:${index.host}`];
    const results = await Promise.all(['one.py', 'two.py'].map(async (file) => here.json<CodeRun>(['code', 'run', ...words, file], { env: index.env })));
    expect(results).toMatchObject([
      { exit: 0, output: 'hello\n' },
      { exit: 0, output: 'hello\n' },
    ]);
    expect(environments()).toHaveLength(1);
  });
});
