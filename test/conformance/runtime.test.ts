import { defineRuntime, type SandboxRuntime } from '@toka/sdk';
import { runtimeChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';
import { DRIVER } from '../../templates/plugin-runtime/src/lib/driver.ts';
import places from '../../templates/plugin-runtime/test/places.ts';

const found = places.runtimes?.['tiny-script'];
if (!found) throw new Error('the template of runtimes has no samples');
const samples = found;

/** The template's runtime, with a driver that may differ from its own. */
function runtime(driver: string, more: Partial<SandboxRuntime> = {}): SandboxRuntime {
  return defineRuntime({
    id: 'tiny-script',
    summary: 'Run scripts',
    languages: { 'tiny-script': ['.tiny'] },
    supports: { calls: true, requirements: false },
    isolation: 'sandbox',
    program: async () => ({ argv: [process.execPath, '/dev/toka/driver.mjs'], files: { 'driver.mjs': driver } }),
    ...more,
  });
}

function replaced(text: string, by: string): SandboxRuntime {
  if (!DRIVER.includes(text)) throw new Error(`the driver of the template does not say ${text} any more`);
  return runtime(DRIVER.replaceAll(text, by));
}

const sound = runtime(DRIVER);
let started = 0;

/** For each check a runtime that fails it. */
const FAULTS: Readonly<Record<string, SandboxRuntime>> = {
  'runtime/probe': runtime(DRIVER, { probe: async () => ({ available: false, reason: 'it is not there', hint: 'install it' }) }),
  'runtime/languages': runtime(DRIVER, { languages: { other: [] } }),
  'runtime/program': runtime(DRIVER, { program: async () => ({ argv: [process.execPath, `/dev/toka/driver-${++started}.mjs`] }) }),
  'runtime/result': replaced("type: 'result', data: result", "type: 'result', data: String(result)"),
  'runtime/late-order': replaced("say({ type: 'ready' });", 'setTimeout(() => process.exit(1), 100);'),
  'runtime/print': replaced('process.stdout.write(text', 'process.stdout.write(text.toUpperCase()'),
  'runtime/throws': replaced("error.code ?? 'CODE_THREW'", "'SOMETHING_ELSE'"),
  'runtime/syntax': replaced("'CODE_SYNTAX'", "'CODE_THREW'"),
  'runtime/calls': replaced('(await call(order, text)).data', '(await call(order, text))'),
  'runtime/failing-call': replaced('.error?.code', '.error?.message'),
  'runtime/cancel': replaced(".on('close', () => process.exit(1))", ".on('close', () => process.exit(0))"),
};

test.each(runtimeChecks)('a sound runtime passes: $id', async ({ run }) => {
  await expect(run(sound, samples)).resolves.toBeUndefined();
});

test.each(runtimeChecks)('the check can fail: $id', async ({ id, run }) => {
  const fault = FAULTS[id];
  if (!fault) throw new Error('no runtime fails this check');
  await expect(run(fault, samples)).rejects.toThrow(/expected|not available/);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(runtimeChecks.map(({ id }) => id).toSorted());
});
