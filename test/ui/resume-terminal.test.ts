import { describe, expect, test } from 'vitest';
import { type Place, place, tool, until } from '../support/cli.ts';
import { hasTmux, openPane } from '../support/terminal.ts';

const SCRIPT = 'echo done >> out/log; while [ ! -e out/go ]; do sleep 0.1; done; echo sent';
const GRANTS = ["--allow 'fs:read:out/**'", "--allow 'fs:write:out/**'", '--allow proc:exec'];
const WORDS = GRANTS.flatMap((grant) => grant.replaceAll("'", '').split(' '));

/** A run of an external effect whose toka was killed in the middle of it. */
async function interrupted(): Promise<{ here: Place; run: string }> {
  const here = place({ 'out/log': '', ...tool('send', SCRIPT, { effect: 'external', capabilities: { required: ['fs:read:out/**', 'fs:write:out/**'] } }) });
  const started = here.start(['run', 'send', ...WORDS]);
  await until(() => here.read('out/log') !== '');
  started.child.kill('SIGKILL');
  await started.ended;
  const { runs } = await here.json<{ runs: { id: string; status: string }[] }>(['runs', 'list']);
  expect(runs[0]?.status).toBe('interrupted');
  return { here, run: runs[0]?.id ?? '' };
}

describe.skipIf(!hasTmux)('resume asks a person how it ended what nobody knows of', () => {
  test.each([
    ['it did: nothing is done again', [], 'succeeded', 'done\n', 0],
    ['it did not: nothing is done', ['Down'], 'failed', 'done\n', 1],
    ['not known: it is done again', ['Down', 'Down'], 'succeeded', 'done\ndone\n', 0],
  ] as const)('%s', async (_, keys, status, log, exit) => {
    const { here, run } = await interrupted();
    using _here = here;
    here.write({ 'out/go': '' });
    using pane = openPane(here);
    pane.toka(`runs resume ${run} ${GRANTS.join(' ')}`);
    await pane.shows('Do you know how it ended?');
    for (const key of keys) pane.press(key);
    pane.press('Enter');
    expect(await pane.exit()).toBe(exit);
    expect(here.read('out/log')).toBe(log);
    const { runs } = await here.json<{ runs: { id: string; status: string }[] }>(['runs', 'list']);
    expect(runs).toMatchObject([{ id: run, status }]);
  });
});
