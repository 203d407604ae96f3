import { chmodSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Json, place, tool } from '../support/cli.ts';

interface Registration extends Json {
  readonly manifests: readonly { readonly file: string; readonly error?: { readonly code: string }; readonly findings: readonly string[] }[];
  readonly registered: readonly string[];
  readonly proposals: readonly { readonly file: string }[];
}

/** The same tools as in `manifests/`, in a folder that toka does not look into by itself. */
function vendored(...tools: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(tools.flatMap((files) => Object.entries(files)).map(([name, text]) => [name.replace('manifests/', 'vendor/'), text]));
}

const REGISTER = ['tools', 'register', '--discover', 'vendor'];

// Root may look into every folder.
test.skipIf(process.getuid?.() === 0).each([[REGISTER], [['tools', 'validate', 'vendor']]])('%j of a folder that cannot be looked into says so', async (words) => {
  using here = place(vendored(tool('greet', 'echo hello')));
  chmodSync(join(here.project, 'vendor'), 0o000);
  try {
    expect(await here.json(words)).toMatchObject({ exit: 1, error: { code: 'TOKA_FS_FAILED' } });
  } finally {
    chmodSync(join(here.project, 'vendor'), 0o755);
  }
});

describe('tools register --discover', () => {
  test('a dry run says what it would do and writes nothing', async () => {
    using here = place(vendored(tool('greet', 'echo hello')));
    const said = await here.json<Registration>([...REGISTER, '--dry-run']);
    expect([said.exit, said.registered, said.manifests.map(({ error }) => error)]).toEqual([0, [], [undefined]]);
    expect(lstatSync(join(here.project, '.toka/tools'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('manifests come with their scripts and can be run; scripts without one are only proposed', async () => {
    using here = place({ ...vendored(tool('greet', 'echo hello')), 'vendor/lonely.sh': 'echo hello\n' });
    const said = await here.json<Registration>(REGISTER);
    expect([said.exit, said.registered, said.proposals.map(({ file }) => file)]).toEqual([0, ['greet'], [join(here.project, 'vendor/lonely.sh')]]);
    const shown = await here.json<Json & { tools: readonly { name: string }[] }>(['tools', 'list', '--source', 'project']);
    expect(shown.tools.map(({ name }) => name)).toEqual(['greet']);
    expect(here.read('.toka/tools/greet.sh')).toBe(here.read('vendor/greet.sh'));
  });

  test('links are not followed, out of the folder or round in circles', async () => {
    using here = place({ ...vendored(tool('greet', 'echo hello')), 'elsewhere/private.sh': 'echo hello\n' });
    symlinkSync('../elsewhere', join(here.project, 'vendor/elsewhere'));
    symlinkSync('.', join(here.project, 'vendor/round'));
    const said = await here.json<Registration>([...REGISTER, '--dry-run']);
    expect([said.exit, said.manifests.length, said.proposals]).toEqual([0, 1, []]);
  });

  test('a newer text of a registered tool takes its place, another tool does not', async () => {
    using here = place(vendored(tool('greet', 'echo hello')));
    await here.run(REGISTER);
    here.write(vendored(tool('greet', 'echo changed')));
    expect((await here.json<Registration>(REGISTER)).exit).toBe(0);
    expect(here.read('.toka/tools/greet.sh')).toContain('changed');
    const other = here.read('vendor/greet.yaml').replaceAll('greet', 'wave');
    here.write({ 'vendor/greet.yaml': other, 'vendor/wave.sh': 'echo wave\n' });
    const said = await here.json<Registration>(REGISTER);
    expect([said.exit, said.manifests[0]?.error?.code]).toEqual([65, 'TOKA_USAGE']);
    expect(here.read('.toka/tools/greet.yaml')).not.toBe(other);
  });

  test('a tool of a name that the project or another manifest has is refused, and the present one goes on', async () => {
    const [present, first, second] = [tool('greet', 'echo present'), tool('wave', 'echo first'), tool('wave', 'echo second')];
    using here = place({ ...present, ...vendored(tool('greet', 'echo new'), first) });
    here.write(Object.fromEntries(Object.entries(second).map(([name, text]) => [name.replace('manifests/', 'vendor/z/'), text])));
    const said = await here.json<Registration>(REGISTER);
    expect([said.exit, said.registered]).toEqual([65, ['wave']]);
    expect(said.manifests.map(({ error }) => error?.code)).toEqual(['TOKA_TOOL_AMBIGUOUS', undefined, 'TOKA_TOOL_AMBIGUOUS']);
    const outputs = ['greet', 'wave'].map(async (name) => (await here.run(['run', '--allow', 'proc:exec', name])).stdout);
    expect(await Promise.all(outputs)).toEqual(['present\n', 'first\n']);
  });

  test('tools that the project has are neither found nor proposed', async () => {
    using here = place({ ...tool('greet', 'echo hello'), ...vendored(tool('wave', 'echo wave')) });
    await here.run(REGISTER);
    const said = await here.json<Registration>(['tools', 'register', '--discover', 'manifests']);
    expect([said.exit, said.manifests, said.proposals]).toEqual([0, [], []]);
    const registered = await here.json<Registration>(['tools', 'register', '--discover', '.toka']);
    expect([registered.exit, registered.manifests, registered.proposals]).toEqual([0, [], []]);
  });

  test.each(['.toka/tools/greet.yaml', '.toka/tools/greet.sh', '.toka/tools', '.toka'])('nothing is written through %s as a link', async (link) => {
    using here = place({ ...vendored(tool('greet', 'echo hello')), ...(link.includes('greet') ? { '.toka/tools/kept': '' } : {}) });
    if (link === '.toka/tools') here.write({ '.toka/kept': '' });
    const outside = join(here.base, 'outside');
    writeFileSync(outside, 'kept');
    symlinkSync(outside, join(here.project, link));
    const said = await here.json<Registration>([...REGISTER, '--dry-run']);
    expect([said.exit, said.manifests[0]?.error?.code]).toEqual([65, 'TOKA_STATE_UNAVAILABLE']);
    await here.run(REGISTER);
    expect(readFileSync(outside, 'utf8')).toBe('kept');
  });

  test('--validate-security refuses what asks for too much, and registers the rest', async () => {
    const greedy = tool('greedy', 'echo hello', { capabilities: { required: ['fs:read:/**'] } });
    using here = place(vendored(tool('greet', 'echo hello'), greedy));
    const said = await here.json<Registration>([...REGISTER, '--validate-security']);
    expect([said.exit, said.registered]).toEqual([65, ['greet']]);
    expect(said.manifests.map(({ findings }) => findings.length)).toEqual([1, 0]);
  });
});

describe('tools validate', () => {
  test('a folder is looked through as the index does it: YAML always, JSON that says it is for toka', async () => {
    using here = place(tool('greet', 'echo hello'));
    here.write({ 'manifests/broken.json': '{"apiVersion": "toka/v1"}', 'manifests/package.json': '{}' });
    const checked = await here.json<Json & { manifests: readonly { file: string; error?: { code: string } }[] }>(['tools', 'validate', 'manifests']);
    expect(checked.exit).toBe(65);
    expect(checked.manifests.map(({ file, error }) => [file, error?.code])).toEqual([
      [join(here.project, 'manifests/broken.json'), 'TOKA_MANIFEST_INVALID'],
      [join(here.project, 'manifests/greet.yaml'), undefined],
    ]);
  });

  test('a link in a circle is a manifest that cannot be read', async () => {
    using here = place();
    symlinkSync('loop.yaml', join(here.project, 'loop.yaml'));
    const checked = await here.json<Json & { manifests: readonly { error?: { code: string } }[] }>(['tools', 'validate', 'loop.yaml']);
    expect([checked.exit, checked.manifests.map(({ error }) => error?.code)]).toEqual([65, ['TOKA_MANIFEST_INVALID']]);
  });
});

test.each([
  [['tools', 'list', 'more'], 'more'],
  [['trust', 'more'], 'more'],
  [['tools', 'register'], 'discover'],
])('toka %j: 2, and the message names what is wrong', async (words, named) => {
  using here = place();
  const { code, stderr } = await here.run(words);
  expect(code).toBe(2);
  expect(stderr.split('\n')[0]).toContain(named);
});
