import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { userProjectConfigFile } from '../../src/config/paths.ts';
import { type Place, place, tool } from '../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../support/terminal.ts';

// "deny" is where the question starts; the others stand above it.
const CHOICE = { once: ['Up', 'Up', 'Up'], session: ['Up', 'Up'], always: ['Up'], deny: [] } as const;

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  beforeEach(() => {
    here = place({ ...tool('greet', 'echo "the tool ran"'), ...tool('other', 'echo "the other ran"') });
    pane = openPane(here);
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  async function answer(at: Pane, line: string, choice: keyof typeof CHOICE): Promise<number> {
    at.toka(line);
    await at.shows(/needs proc:exec:bash, which no rule grants/);
    at.press(...CHOICE[choice], 'Enter');
    return at.exit();
  }

  const ruleFile = (): string => userProjectConfigFile(here.project, here.env);
  const unasked = async (line = 'run greet'): Promise<number | null> => (await here.run(line.split(' '))).code;

  test('once: this run alone', async () => {
    expect(await answer(pane, 'run greet', 'once')).toBe(0);
    expect(pane.screen()).toContain('the tool ran');
    await pane.clear();
    expect(await answer(pane, 'run greet', 'deny')).toBe(77);
    expect(await unasked()).toBe(77);
  });

  test('session: not asked again in this terminal; another terminal is', async () => {
    expect(await answer(pane, 'run greet', 'session')).toBe(0);
    pane.toka('run greet');
    expect(await pane.exit()).toBe(0);
    expect(pane.screen().match(/which no rule grants/g)).toHaveLength(1);
    pane.toka('run other');
    await pane.shows(/project\/other .*which no rule grants/);
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
    using second = openPane(here);
    expect(await answer(second, 'run greet', 'deny')).toBe(77);
    expect(existsSync(ruleFile())).toBe(false);
  });

  test('always: exactly the rule that was shown is written to the user’s own file, and is honoured from then on', async () => {
    pane.toka('run greet');
    const shown = await pane.shows('always: write the rule');
    const [, rule, name] = /write the rule "([^"]+)" for (\S+) into/.exec(shown) ?? [];
    expect([rule, name]).toEqual(['proc:exec:bash', 'project/greet']);
    pane.press('Up', 'Enter');
    expect(await pane.exit()).toBe(0);
    expect(parse(readFileSync(ruleFile(), 'utf8'))).toEqual({
      apiVersion: 'toka/v1',
      policy: { allow: [{ capability: rule, tools: [name] }] },
    });
    expect(here.read('toka.yaml')).toBe('apiVersion: toka/v1\n');
    expect([await unasked(), await unasked('run other')]).toEqual([0, 77]);
  });

  test('always, a second time: what the file said already stays, comments too', async () => {
    const before = 'apiVersion: toka/v1\n# mine\npolicy:\n  deny:\n    - env:read:SECRET # never\n';
    await answer(pane, 'run other', 'always');
    writeFileSync(ruleFile(), before);
    await pane.clear();
    expect(await answer(pane, 'run greet', 'always')).toBe(0);
    const text = readFileSync(ruleFile(), 'utf8');
    for (const kept of ['# mine', '- env:read:SECRET # never']) expect(text).toContain(kept);
    expect(await unasked()).toBe(0);
  });

  test('always, into the project’s file: offered where that is trusted as it is, which it then is with just the rule more', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\n# ours\npolicy: { deny: [env:read:SECRET] }\n' });
    await here.json(['trust']);
    pane.toka('run greet');
    const [, rule, name] = /write the rule "([^"]+)" for (\S+) into \S+toka\.yaml/.exec(await pane.shows('toka.yaml, and trust it so')) ?? [];
    pane.press('Up', 'Up', 'Enter');
    expect(await pane.exit()).toBe(0);
    expect(parse(here.read('toka.yaml'))).toEqual({
      apiVersion: 'toka/v1',
      policy: { deny: ['env:read:SECRET'], allow: [{ capability: rule, tools: [name] }] },
    });
    expect(here.read('toka.yaml')).toContain('# ours');
    expect([existsSync(ruleFile()), (await here.json(['trust', '--show'])).state]).toEqual([false, 'trusted']);
    expect([await unasked(), await unasked('run other')]).toEqual([0, 77]);
  });

  test('a project’s file that is not trusted is not offered: its other rules would come along', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { allow: [env:read] }\n' });
    pane.toka('run greet');
    expect(await pane.shows('always: write the rule')).not.toContain('and trust it so');
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
  });

  test('a project’s file that changes while the question is open is neither written nor trusted', async () => {
    await here.json(['trust']);
    pane.toka('run greet');
    await pane.shows('and trust it so');
    const changed = 'apiVersion: toka/v1\npolicy: { allow: [env:read] }\n';
    here.write({ 'toka.yaml': changed });
    pane.press('Up', 'Up', 'Enter');
    expect(await pane.exit()).toBe(69);
    expect([here.read('toka.yaml'), (await here.json(['trust', '--show'])).state]).toEqual([changed, 'changed']);
  });

  test('where this terminal’s session cannot be told from others, “session” is not offered', async () => {
    // Its leader stands outside and is not to be seen from within.
    pane.type('unshare --user --map-root-user --pid --fork --mount-proc ');
    pane.toka('run greet');
    const shown = await pane.shows('always: write the rule');
    expect(shown).toContain('once: for this run');
    expect(shown).not.toContain('session:');
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
  });

  test('what a rule wants asked is asked each time, and kept for no longer than this run', async () => {
    here.write({ 'toka.yaml': 'apiVersion: toka/v1\npolicy: { ask: [{ capability: proc:exec:bash, reason: it has shells }] }\n' });
    mkdirSync(dirname(ruleFile()), { recursive: true });
    writeFileSync(ruleFile(), 'apiVersion: toka/v1\npolicy: { allow: [proc:exec] }\n');
    for (const again of [false, true]) {
      if (again) await pane.clear();
      pane.toka('run greet');
      const shown = await pane.shows(/toka\.yaml:2 wants to be asked for each time \(it has shells\)[^]*deny/);
      expect([shown.includes('session:'), shown.includes('always')]).toEqual([false, false]);
      pane.press('Up', 'Enter');
      expect(await pane.exit()).toBe(0);
    }
  });

  test('a privileged tool is asked for although its capabilities are granted; “always” names it, and every answer is recorded', async () => {
    here.write(tool('deploy', 'echo "it is out"', { effect: 'privileged' }));
    pane.toka('run deploy --allow proc:exec');
    await pane.shows(/shall it run \(tool:call:project\/deploy\)[^]*deny/);
    pane.press('Enter');
    expect(await pane.exit()).toBe(77);
    await pane.clear();
    pane.toka('run deploy --allow proc:exec');
    await pane.shows(/shall it run \(tool:call:project\/deploy\)[^]*deny/);
    pane.press('Up', 'Enter');
    expect(await pane.exit()).toBe(0);
    expect(parse(readFileSync(ruleFile(), 'utf8'))).toMatchObject({ policy: { allow: [{ capability: 'tool:call:project/deploy', tools: ['project/deploy'] }] } });
    expect(await unasked('run deploy --allow proc:exec')).toBe(0);
    const { runs } = await here.json<{ runs: readonly { id: string }[] }>(['runs', 'list']);
    const events = await Promise.all(runs.map(async ({ id }) => (await here.run(['runs', 'show', id])).stdout));
    expect(events.map((each) => /tool:call:project\/deploy: (\w+), by person/.exec(each)?.[1])).toEqual([undefined, 'always', 'deny']);
  });

  test('deny, and Ctrl-C at the question: nothing runs, nothing is remembered', async () => {
    expect(await answer(pane, 'run greet', 'deny')).toBe(77);
    pane.toka('run other');
    await pane.shows(/project\/other .*which no rule grants/);
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
    expect(pane.screen()).not.toContain('ran\n');
    expect([existsSync(ruleFile()), await unasked()]).toEqual([false, 77]);
    const { runs } = await here.json<{ runs: readonly { status: string }[] }>(['runs', 'list']);
    expect(runs.map(({ status }) => status)).toEqual(['denied', 'cancelled', 'denied']);
  });

  test('CI is never asked', async () => {
    using ci = openPane(here, { CI: 'true' });
    ci.toka('run greet');
    expect(await ci.exit()).toBe(77);
    expect(ci.screen()).toContain('TOKA_CAPABILITY_DENIED');
  });

  test('without a terminal nobody is asked, whatever stdin says', async () => {
    expect((await here.run(['run', 'greet'], { input: '\n' })).code).toBe(77);
    pane.toka('run greet < /dev/null');
    expect(await pane.exit()).toBe(77);
    pane.toka('run greet 2> /dev/null');
    expect(await pane.exit()).toBe(77);
  });

  test('missing parameters are asked for, each by its kind; a secret does not show', async () => {
    here.write(
      tool('form', 'cat', {
        executable: { stdin: 'json' },
        outputs: { schema: { type: 'object' } },
        parameters: [
          { name: 'title', type: 'string', required: true, description: 'A text', pass: { stdin: true } },
          { name: 'count', type: 'integer', required: true, description: 'A number', pass: { stdin: true } },
          { name: 'colour', type: 'enum', enum: ['red', 'green'], required: true, description: 'One of', pass: { stdin: true } },
          { name: 'token', type: 'secret', required: true, description: 'The token', pass: { env: 'TOKEN' } },
        ],
      }),
    );
    pane.toka('run form --allow proc:exec');
    for (const [question, keys] of [
      ['A text', ['two words', 'Enter']],
      ['A number', ['4', 'Enter']],
      ['One of', ['Down', 'Enter']],
      ['The token', ['hunter2', 'Enter']],
    ] as const) {
      await pane.shows(question);
      pane.press(...keys);
    }
    expect(await pane.exit()).toBe(0);
    expect(pane.screen()).toContain('{"title":"two words","count":4,"colour":"green"}');
    expect(pane.screen()).not.toContain('hunter2');
  });

  test('a hostile manifest cannot draw on the question', async () => {
    here.write({
      'manifests/greet.yaml': here
        .read('manifests/greet.yaml')
        .replace('"interpreter": "bash"', '')
        .replace('"effect"', '"capabilities": {"required": ["env:read:A\\u001b[2J\\u001b[31mB"]}, "effect"'),
    });
    pane.toka('run greet --allow proc:exec');
    expect(await pane.exit()).not.toBe(0);
    expect(pane.screen()).not.toContain('the tool ran');
  });

  test('Ctrl-C once cancels and waits, a second one kills', async () => {
    here.write(tool('slow', 'trap "" INT TERM; echo started; sleep 600', { effect: 'external' }));
    pane.toka('run slow --allow proc:exec');
    await pane.shows('started');
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
    expect(pane.screen()).toContain('press Ctrl-C again to kill');
    pane.toka('run slow --allow proc:exec');
    await pane.shows(/started[^]*started/);
    pane.press('C-c');
    await pane.shows(/again to kill[^]*again to kill/);
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
  });

  test('colour on a terminal, none where NO_COLOR is set or the output goes elsewhere', async () => {
    pane.toka('tools list | cat -v');
    await pane.exit();
    expect(pane.screen()).not.toContain('^[[');
    pane.toka('tools list');
    await pane.exit();
    expect(pane.coloured()).toBe(true);
    using plain = openPane(here, { NO_COLOR: '1' });
    plain.toka('tools list');
    expect(await plain.exit()).toBe(0);
    expect(plain.coloured()).toBe(false);
  });
});
