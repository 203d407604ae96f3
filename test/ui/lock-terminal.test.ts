import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LockFile } from '../../src/manifest/lock-file.ts';
import { type Place, place, tool } from '../support/cli.ts';
import { hasTmux, openPane, type Pane } from '../support/terminal.ts';

// "stop" is where the question starts; the others stand above it.
const CHOICE = { once: ['Up', 'Up'], update: ['Up'], stop: [] } as const;
const RUN = 'run greet --allow proc:exec';

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let here: Place;
  let pane: Pane;
  let before: string;
  beforeEach(async () => {
    here = place({ ...tool('greet', 'echo "the tool ran"'), ...tool('other', 'echo "the other ran"') });
    pane = openPane(here);
    await here.run(['lock']);
    before = here.read('toka.lock');
    here.write({ 'manifests/greet.yaml': here.read('manifests/greet.yaml').replace('"effect"', '"capabilities": {"optional": ["env:read:EDITOR"]}, "effect"') });
  });
  afterEach(() => {
    pane[Symbol.dispose]();
    here[Symbol.dispose]();
  });

  async function answer(choice: keyof typeof CHOICE, line = RUN): Promise<number> {
    pane.toka(line);
    await pane.shows('update: write it into the lock');
    pane.press(...CHOICE[choice], 'Enter');
    return pane.exit();
  }

  async function recorded(): Promise<unknown[]> {
    const { runs } = await here.json<{ runs: readonly { id: string; status: string }[] }>(['runs', 'list']);
    return Promise.all(
      runs.map(async ({ id, status }) => {
        const { events } = await here.json<{ events: readonly { event: { drift?: object } }[] }>(['runs', 'show', id]);
        return [status, events[0]?.event.drift];
      }),
    );
  }

  test('what changed is shown before the question, what asks for more among it', async () => {
    pane.toka(RUN);
    const shown = await pane.shows('update: write it into the lock');
    expect(shown).toContain('capability added: env:read:EDITOR (optional) — asks for more');
    expect(shown).toContain('the manifest is another');
    expect(shown).not.toContain('the tool ran');
    pane.press('C-c');
    expect(await pane.exit()).toBe(130);
  });

  test('once: it runs, the lock stays, and the next run asks again', async () => {
    expect(await answer('once')).toBe(0);
    expect(pane.screen()).toContain('the tool ran');
    expect(here.read('toka.lock')).toBe(before);
    await pane.clear();
    expect(await answer('stop')).toBe(76);
    expect(await recorded()).toEqual([
      ['failed', { decision: 'stop', by: 'person' }],
      ['succeeded', { decision: 'once', by: 'person' }],
    ]);
  });

  test('update: it runs, its entry alone is written, and nobody is asked again', async () => {
    expect(await answer('update')).toBe(0);
    const { tools, lockVersion } = JSON.parse(here.read('toka.lock')) as LockFile;
    const old = JSON.parse(before) as LockFile;
    expect(tools['project/greet']?.capabilities.optional).toEqual(['env:read:EDITOR']);
    expect({ lockVersion, tools: { ...tools, 'project/greet': old.tools['project/greet'] } }).toEqual(old);
    expect((await here.run(['lock', '--check'])).code).toBe(0);
    pane.toka(RUN);
    expect(await pane.exit()).toBe(0);
    // Once, as the answer to the first.
    expect(pane.screen().match(/update: write it/g)).toHaveLength(1);
    expect(await recorded()).toEqual([
      ['succeeded', undefined],
      ['succeeded', { decision: 'update', by: 'person' }],
    ]);
  });

  test('stop, which is the default: nothing runs, nothing is written', async () => {
    expect(await answer('stop')).toBe(76);
    expect(pane.screen()).toContain('TOKA_LOCK_DRIFT');
    expect(pane.screen()).not.toContain('the tool ran\n');
    expect(here.read('toka.lock')).toBe(before);
  });

  test('a tool that the lock does not know is asked about, with what it may do', async () => {
    here.write(tool('third', 'echo "the third ran"', { capabilities: { optional: ['env:read:PAGER'] } }));
    pane.toka('run third --allow proc:exec');
    expect(await pane.shows('update: write it into the lock')).toContain('may env:read:PAGER (optional)');
    pane.press('Up', 'Enter');
    expect(await pane.exit()).toBe(0);
    expect(here.read('toka.lock')).toContain('"project/third"');
  });

  test('what is changed while the question stands does not run, and is not written', async () => {
    pane.toka(RUN);
    await pane.shows('update: write it into the lock');
    here.write({ 'manifests/greet.sh': 'echo "the evil ran"' });
    pane.press('Up', 'Enter');
    expect(await pane.exit()).toBe(76);
    expect(pane.screen()).not.toContain('the evil ran');
    expect(here.read('toka.lock')).toBe(before);
  });

  test('what is changed while a capability is asked for does not run', async () => {
    pane.toka('run other');
    await pane.shows('❯ deny');
    here.write({ 'manifests/other.sh': 'echo "the evil ran"' });
    pane.press('Up', 'Up', 'Up', 'Enter');
    expect(await pane.exit()).toBe(76);
    expect(pane.screen()).not.toContain('the evil ran');
  });

  test('--frozen, CI and no terminal: nobody is asked', async () => {
    pane.toka(`${RUN} --frozen`);
    expect(await pane.exit()).toBe(76);
    pane.toka(`${RUN} < /dev/null`);
    expect(await pane.exit()).toBe(76);
    using ci = openPane(here, { CI: 'true' });
    ci.toka(RUN);
    expect(await ci.exit()).toBe(76);
    for (const { screen } of [pane, ci]) expect(screen()).not.toContain('update: write it');
  });

  test('neither lock nor manifest can draw on the question', async () => {
    const evil = here.read('toka.lock').replace('"version": "1.0.0",\n      "executable": "shell manifests/greet.sh"', '"version": "1.0.0",\n      "executable": "\\u001b[2J\\u001b[31mfine"');
    expect(evil).not.toBe(here.read('toka.lock'));
    here.write({ 'toka.lock': evil });
    pane.toka(RUN);
    expect(await pane.shows('update: write it into the lock')).toContain('executable: fine → shell manifests/greet.sh');
    pane.press('Enter');
    expect(await pane.exit()).toBe(76);
  });
});
