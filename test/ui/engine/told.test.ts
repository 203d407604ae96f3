import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Place, place } from '../../support/cli.ts';
import { writePlugin } from '../../support/plugin.ts';

let here: Place;
beforeAll(async () => {
  here = place();
  // It tells as a result what its address says.
  const engine = `export default {
    id: 'parrot', summary: 'Tell what it is told', supports: { interrupts: false },
    async connect({ location }) {
      let key;
      return {
        submit: async (order) => ((key = order.key), 'accepted'),
        result: async () => ({ state: 'done', attempts: 1, result: JSON.parse(decodeURIComponent(location.slice('parrot://'.length)).replace('KEY', key)) }),
        close: async () => {},
      };
    },
  };`;
  const folder = writePlugin(join(here.project, 'parrot'), {
    name: 'toka-plugin-parrot',
    contributes: { engines: [{ id: 'parrot', entry: './dist/parrot.js', summary: 'Tell what it is told', supports: { interrupts: false } }] },
    files: { 'dist/parrot.js': engine },
  });
  expect((await here.run(['plugins', 'link', folder, '--yes'])).code).toBe(0);
});
afterAll(() => here[Symbol.dispose]());

const SOUND = { schema: 'toka/run-result/v1', runId: 'KEY', tool: 'files/file-lister', status: 'succeeded', output: 'all', exitCode: null, artifacts: [], usage: { wallMs: 1, outputBytes: 3, sources: {} } };

async function told(result: object) {
  return here.json(['run', '--engine', `parrot://${encodeURIComponent(JSON.stringify(result))}`, 'file-lister', '.']);
}

test('what a worker tells through an engine is the result of the run', async () => {
  expect(await told(SOUND)).toMatchObject({ exit: 0, status: 'succeeded', output: 'all' });
});

test.each([
  ['nothing that a result has', {}],
  ['an end that there is not', { ...SOUND, status: 'fine' }],
  ['no output', { ...SOUND, output: undefined }],
  ['an error without a code', { ...SOUND, status: 'failed', error: {} }],
  ['a failure that does not say why', { ...SOUND, status: 'failed' }],
  ['the result of another run', { ...SOUND, runId: '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f' }],
])('a result with %s is not shown as one', async (_, result) => {
  expect(await told(result)).toMatchObject({ exit: 76, error: { code: 'TOKA_INTEGRITY' } });
});
