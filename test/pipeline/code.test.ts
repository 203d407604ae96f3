import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ended, type Json, type Place, place } from '../support/cli.ts';

let here: Place;
beforeEach(() => {
  here = place({ 'docs/a.md': 'one\n', 'docs/b.md': 'two\n', 'secret/key.txt': 'k\n' });
});
afterEach(() => here[Symbol.dispose]());

interface Result extends Json {
  readonly runId: string;
  readonly exit: number | null;
  readonly data?: unknown;
  readonly output: string;
}

async function js(source: string, words: readonly string[] = []): Promise<Result> {
  return here.json<Result>(['code', 'run', '--language', 'js', ...words, '-'], { input: source });
}

async function plainly(source: string, words: readonly string[] = []): Promise<Ended> {
  return here.run(['code', 'run', '--language', 'js', ...words, '-'], { input: source });
}

const READER = ['--allow', 'tool:call:files/file-reader', '--allow', 'fs:read:docs/**'];
const READ = 'return (await tools.file_reader({ path: "docs/a.md" })).content';

describe('toka code run', () => {
  test('gives what the code returns, in the shape of every result', async () => {
    expect(await js('return { sum: params.a + params.b }', ['--param', 'a=1', '--param', 'b=2'])).toMatchObject({
      exit: 0,
      schema: 'toka/run-result/v1',
      tool: 'code/js',
      status: 'succeeded',
      data: { sum: 3 },
      exitCode: 0,
      artifacts: [],
    });
  });

  test('prints what the code prints, then what it returns', async () => {
    expect(await plainly('console.log("working"); console.error("careful"); return [1, "two"]')).toMatchObject({ code: 0, stdout: 'working\n[\n  1,\n  "two"\n]\n', stderr: 'careful\n' });
  });

  test('runs a file by its ending, with parameters of a file', async () => {
    here.write({ 'add.ts': 'const { a }: { a: number } = params as never;\nreturn a + 1;\n', 'params.json': '{ "a": 41 }' });
    expect(await here.json<Result>(['code', 'run', 'add.ts', '--params', 'params.json'])).toMatchObject({ exit: 0, data: 42 });
  });

  test.each([
    ['a thrown error', 'throw new Error("no")', 1, 'CODE_THREW'],
    ['a syntax error', 'return (', 1, 'CODE_SYNTAX'],
    ['a value that JSON cannot hold', 'return 1n', 1, 'CODE_RESULT_INVALID'],
    ['a tool that it may not call', 'return tools.file_reader({})', 1, 'CODE_THREW'],
    ['a promise that nothing will keep', 'await new Promise(() => {})', 1, 'CODE_NEVER_SETTLED'],
  ])('fails with %s by its code', async (_what, source, exit, code) => {
    expect(await js(source)).toMatchObject({ exit, status: 'failed', error: { code: 'TOKA_RUN_FAILED', data: { code } } });
  });

  test('ends code that never ends at its time limit', async () => {
    expect(await js('for (;;);', ['--timeout', '300ms'])).toMatchObject({ exit: 124, status: 'timed-out', error: { code: 'TOKA_TIMED_OUT' } });
  });

  test('ends code that waits for ever at its time limit', async () => {
    expect(await js('await new Promise((done) => setTimeout(done, 60_000))', ['--timeout', '300ms'])).toMatchObject({ exit: 124, error: { code: 'TOKA_TIMED_OUT' } });
  });

  test('ends code that takes memory without end', async () => {
    const { exit, status, error } = await js('const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));');
    expect([exit, status, error?.code]).toEqual([137, 'killed', 'TOKA_MEMORY_LIMIT']);
    // What a person ran as it came has no manifest to change.
    expect(error?.hint).not.toContain('manifest');
  });

  test('ends code that prints without end, and keeps the beginning', async () => {
    const result = await js('for (;;) console.log("x".repeat(1000))', ['--max-output', '10K']);
    expect(result).toMatchObject({ exit: 1, status: 'killed', error: { code: 'TOKA_OUTPUT_LIMIT' } });
    expect(result.output.length).toBeLessThanOrEqual(10 * 1024);
  });

  test('ends on Ctrl-C with 130, and leaves a record', async () => {
    const { child, ended, said } = here.start(['code', 'run', '--language', 'js', '-'], { input: 'console.log("begun"); for (;;);' });
    await said('begun');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const { runs } = await here.json<Json & { runs: { status: string; tool: string }[] }>(['runs', 'list']);
    expect(runs).toMatchObject([{ status: 'cancelled', tool: 'code/js' }]);
  });

  test.each([
    ['an unknown language', ['--language', 'klingon', '-'], 'TOKA_LANGUAGE_UNKNOWN'],
    ['no language', ['-'], 'TOKA_USAGE'],
    ['a file that is not there', ['gone.js'], 'TOKA_USAGE'],
    ['code and parameters both on standard input', ['--language', 'js', '--params', '-', '-'], 'TOKA_USAGE'],
    ['a requirement that its runtime cannot install', ['--language', 'js', '--requirement', 'left-pad', '-'], 'TOKA_USAGE'],
    ['a parameter without a name', ['--language', 'js', '--param', '=1', '-'], 'TOKA_USAGE'],
    ['a level that there is not', ['--language', 'js', '--level', 'godlike', '-'], 'TOKA_USAGE'],
  ])('refuses %s', async (_what, words, code) => {
    expect(await here.json<Result>(['code', 'run', ...words], { input: 'return 1' })).toMatchObject({ exit: 2, error: { code } });
  });

  test('is recorded with its source, its parameters and its result', async () => {
    const { runId } = await js('return params.a', ['--param', 'a=7']);
    const { events } = await here.json<Json & { events: { event: Json }[] }>(['runs', 'show', runId]);
    expect(events.map(({ event }) => event)).toMatchObject([
      { type: 'run.requested', model: 'code', tool: 'code/js', effect: 'none', params: { inline: { source: 'return params.a', name: '<stdin>', params: { a: 7 }, requirements: [] } } },
      { type: 'run.started', effective: [] },
      { type: 'run.finished', status: 'succeeded', data: { inline: 7 } },
    ]);
  });
});

describe('files that code keeps', () => {
  test('are named in the result, handed out, and forgotten with the run', async () => {
    const { runId, artifacts } = (await js('artifact("table.csv", "a,b\\n"); artifact("table.csv", "a,b,c\\n"); artifact("x.bin", new Uint8Array([0, 255]))')) as Result & { artifacts: string[] };
    expect(artifacts).toEqual(['table.csv', 'x.bin']);
    expect(await here.json(['runs', 'artifacts', runId, '--out', 'out'])).toMatchObject({ exit: 0, artifacts: [{ name: 'table.csv', bytes: 6 }, { name: 'x.bin', bytes: 2 }] });
    expect(here.read('out/table.csv')).toBe('a,b,c\n');
    expect([...readFileSync(join(here.project, 'out/x.bin'))]).toEqual([0, 255]);
    expect(await here.json(['runs', 'artifacts', runId, '--out', 'out'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
    expect(await here.json(['runs', 'prune', '--keep', '0', '--yes'])).toMatchObject({ exit: 0 });
    expect(await here.json(['runs', 'artifacts', runId])).toMatchObject({ error: { code: 'TOKA_RUN_PRUNED' } });
  });

  test.each(['../out.txt', 'a/b', '.', '..', '', 'x\0y', 'x'.repeat(300)])('never stand under the name %j', async (name) => {
    expect(await js(`artifact(${JSON.stringify(name)}, "x")`)).toMatchObject({ exit: 1, error: { data: { code: 'CODE_THREW' } } });
  });

  test('are no more than 64 MiB', async () => {
    const result = await here.json<Result>(['code', 'run', '--language', 'shell', '-'], { input: 'truncate -s 70000000 "$TOKA_ARTIFACTS/large"' });
    expect(result).toMatchObject({ exit: 1, error: { data: { code: 'ARTIFACT_TOO_LARGE' } }, artifacts: [] });
  });

  test('are not without number, which is told, and the run is on record', async () => {
    const { runId, ...result } = await here.json<Result>(['code', 'run', '--language', 'shell', '-'], { input: 'for i in {1..1001}; do echo x > "$TOKA_ARTIFACTS/part-$i"; done' });
    expect(result).toMatchObject({ exit: 1, error: { code: 'TOKA_RUN_FAILED', data: { code: 'ARTIFACT_TOO_MANY' } } });
    expect(await here.json(['runs', 'list', '--limit', '1'])).toMatchObject({ runs: [{ id: runId, status: 'failed' }] });
    expect(await js('for (let i = 0; i < 1001; i++) artifact(`part-${i}`, "x")')).toMatchObject({ exit: 1, error: { data: { code: 'CODE_THREW' } } });
    expect(await js('for (let i = 0; i < 1000; i++) artifact(`part-${i}`, "x"); artifact("part-0", "y")')).toMatchObject({ exit: 0 });
  });

  test('go into no folder that is a file, which is no defect', async () => {
    here.write({ taken: '' });
    expect(await here.json(['code', 'run', '--language', 'js', '--artifacts', 'taken', '-'], { input: 'artifact("a.txt", "kept")' })).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  });

  test('can be written where the run is asked for', async () => {
    expect(await here.json(['code', 'run', '--language', 'js', '--artifacts', 'kept', '-'], { input: 'artifact("a.txt", "kept")' })).toMatchObject({ exit: 0 });
    expect(here.read('kept/a.txt')).toBe('kept');
  });

  test('go where an absolute path says', async () => {
    const folder = join(here.home, 'kept');
    const { runId } = await here.json<Result>(['code', 'run', '--language', 'js', '--artifacts', folder, '-'], { input: 'artifact("a.txt", "kept")' });
    expect(readdirSync(folder)).toEqual(['a.txt']);
    expect(await here.run(['runs', 'artifacts', runId, '--out', join(here.home, 'later')])).toMatchObject({ code: 0 });
    expect(readdirSync(join(here.home, 'later'))).toEqual(['a.txt']);
  });
});

describe('tools that code calls', () => {
  test('are runs of their own below it, with no more than its rights', async () => {
    const { runId, data } = await js(READ, READER);
    expect(data).toBe('one\n');
    const { tree } = await here.json<Json & { tree: { run: { tool: string; status: string } }[] }>(['runs', 'show', runId]);
    expect(JSON.stringify(tree)).toContain('files/file-reader');
    const outside = 'try { await tools.file_reader({ path: "secret/key.txt" }); return "read" } catch (error) { return error.code }';
    expect(await js(outside, READER)).toMatchObject({ exit: 0, data: 'TOKA_CAPABILITY_DENIED' });
  });

  test('are only those that tool:call grants', async () => {
    const names = await js('return Object.keys(tools)', ['--allow', 'tool:call:files/file-*']);
    expect(names.data).toEqual(['file_editor', 'file_lister', 'file_reader', 'file_searcher', 'file_writer', 'read_handle']);
    expect((await js('return Object.keys(tools)')).data).toEqual([]);
  });

  test('run side by side', async () => {
    const both = 'return (await Promise.all(["a", "b"].map((name) => tools.file_reader({ path: `docs/${name}.md` })))).map(({ content }) => content)';
    expect((await js(both, READER)).data).toEqual(['one\n', 'two\n']);
  });

  test('count against the budget of the code', async () => {
    const often = 'let done = 0; try { for (let i = 0; i < 9; i++) { await tools.file_reader({ path: "docs/a.md" }); done++; } } catch (error) { return [done, error.code] } return done';
    const result = await js(often, [...READER, '--budget', 'calls=3']);
    expect(JSON.stringify(result)).toContain('TOKA_BUDGET_EXCEEDED');
  });

  test('answer with an error of the tool by its code', async () => {
    const gone = 'try { await tools.file_reader({ path: "docs/gone.md" }) } catch (error) { return [error.code, typeof error.message, typeof error.runId] }';
    expect((await js(gone, READER)).data).toEqual([expect.any(String), 'string', 'string']);
  });

  test('are denied to a token that does not have them', async () => {
    const { code } = await here.run(['auth', 'token', 'create', '--allow', 'fs:read:docs/**', '--ttl', '1h', '--out', 'token']);
    expect(code).toBe(0);
    expect(await js(READ, [...READER, '--token', 'token'])).toMatchObject({ exit: 77, status: 'denied', error: { code: 'TOKA_CAPABILITY_DENIED' } });
  });
});

describe('an answer that is too large for code', () => {
  const LARGE = 'x'.repeat(79).concat('\n').repeat(5000);
  const OPEN = 'const large = await tools.file_reader({ path: "docs/large.txt", limit: 100000, maxBytes: 1000000 });';

  test('stays outside and comes as a handle, of which parts can be read', async () => {
    here.write({ 'docs/large.txt': LARGE });
    const { data } = await js(`${OPEN} return [large, await tools.read_handle({ handle: large.handle, pointer: "/content", start: 0, end: 3 })]`, READER);
    expect(data).toMatchObject([{ handle: 'h1', kind: 'object', keys: expect.arrayContaining(['content']) }, 'xxx']);
  });

  test('goes on to another tool as it is', async () => {
    here.write({ 'docs/large.txt': LARGE, 'out/.keep': '' });
    const grants = [...READER, '--allow', 'tool:call:files/file-writer', '--allow', 'fs:write:out/**', '--allow', 'fs:read:out/**'];
    expect(await js(`${OPEN} await tools.file_writer({ path: "out/copy.txt", content: { handle: large.handle, pointer: "/content" } })`, grants)).toMatchObject({ exit: 0 });
    expect(here.read('out/copy.txt')).toContain('x'.repeat(79));
    expect(here.read('out/copy.txt').length).toBeGreaterThan(300_000);
  });

  test.each([
    ['an unknown handle', '{ handle: "h9" }', 'CODE_HANDLE_UNKNOWN'],
    ['a member of every object', '{ handle: large.handle, pointer: "/constructor" }', 'CODE_HANDLE_INVALID'],
    ['all of it at once', '{ handle: large.handle }', 'CODE_HANDLE_INVALID'],
    ['a place before its beginning', '{ handle: large.handle, pointer: "/content", start: -1 }', 'CODE_HANDLE_INVALID'],
  ])('gives nothing for %s', async (_what, params, code) => {
    here.write({ 'docs/large.txt': LARGE });
    expect((await js(`${OPEN} try { return await tools.read_handle(${params}) } catch (error) { return error.code }`, READER)).data).toBe(code);
  });
});

describe('code that was killed in the middle', () => {
  test('is not taken to have done what it did not do again', async () => {
    here.write({ 'out/.keep': '' });
    const grants = ['--allow', 'tool:call:files/file-writer', '--allow', 'fs:write:out/**', '--allow', 'fs:read:out/**'];
    const source = 'if (Date.now() < params.until) { await tools.file_writer({ path: "out/a.txt", content: "a" }); console.log("written"); await new Promise((done) => setTimeout(done, 20_000)); } return "done"';
    const { child, ended, said } = here.start(['code', 'run', '--language', 'js', '--param', `until=${Date.now() + 5000}`, ...grants, '-'], { input: source });
    await said('written');
    child.kill('SIGKILL');
    await ended;
    await new Promise((resolve) => void setTimeout(resolve, 5000));
    const { runs } = await here.json<Json & { runs: { id: string }[] }>(['runs', 'list', '--status', 'interrupted']);
    expect(await here.json(['runs', 'resume', runs[0]?.id ?? '', ...grants])).toMatchObject({ exit: 76, error: { code: 'TOKA_RUN_DIVERGED' } });
  });

  const GRANTS = ['--allow', 'tool:call:files/file-writer', '--allow', 'fs:write:out/**', '--allow', 'fs:read:out/**'];
  const SOURCE = `const once = async (name) => tools.file_writer({ path: "out/" + name, content: name, mode: "create" });
await once("first.txt");
console.log("first is written".padEnd(20000));
if (!params.goesOn) await new Promise((done) => setTimeout(done, 20_000));
await once("second.txt");
return "done";`;

  test('goes on without doing again what it did, with at most the rights that it had', async () => {
    here.write({ 'out/.keep': '' });
    const { child, ended, said } = here.start(['code', 'run', '--language', 'js', ...GRANTS, '-'], { input: SOURCE.replace('20_000', '2_000') });
    await said('first is written');
    child.kill('SIGKILL');
    await ended;
    const { runs } = await here.json<Json & { runs: { id: string; status: string; tool: string }[] }>(['runs', 'list', '--status', 'interrupted']);
    const [run] = runs;
    expect(run).toMatchObject({ tool: 'code/js', status: 'interrupted' });
    expect(await here.json(['runs', 'resume', run?.id ?? ''])).toMatchObject({ exit: 77 });
    expect(await here.json(['runs', 'resume', run?.id ?? '', ...GRANTS])).toMatchObject({ exit: 0, status: 'succeeded', data: 'done' });
    expect([here.read('out/first.txt'), here.read('out/second.txt')]).toEqual(['first.txt', 'second.txt']);
    const { tree } = await here.json<Json & { tree: unknown[] }>(['runs', 'show', run?.id ?? '']);
    expect(tree).toHaveLength(2);
  });
});
