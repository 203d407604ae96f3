import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Place, place } from '../support/cli.ts';

interface Report {
  readonly ok: boolean;
  readonly guarantees: readonly { readonly guarantee: string; readonly state: string; readonly fix?: string }[];
  readonly attempts?: readonly { readonly id: string; readonly result: string }[];
}

/** A PATH with Node.js and nothing else: no bubblewrap. */
function bare(here: Place): Record<string, string> {
  const bin = join(here.base, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  return { PATH: bin };
}

describe('toka doctor', () => {
  test('says what is enforced, without attacking one by one', async () => {
    using here = place();
    const report = await here.json<Report>(['doctor']);
    expect(report).toMatchObject({ schema: 'toka/doctor/v1', ok: true, exit: 0 });
    expect(report.attempts).toBeUndefined();
  });

  test('--sandbox says of each attempt whether it was held', async () => {
    using here = place();
    const { attempts = [], ...report } = await here.json<Report>(['doctor', '--sandbox']);
    expect(report).toMatchObject({ schema: 'toka/doctor/v1', ok: true, exit: 0 });
    expect(attempts.filter(({ result }) => result !== 'held')).toEqual([]);
    expect(attempts.map(({ id }) => id)).toEqual(expect.arrayContaining(['read-outside', 'tcp', 'rebound-name', 'memory']));
  });

  test('without bubblewrap says so and how to get it, attacks nothing, and ends as a run would', async () => {
    using here = place();
    const env = bare(here);
    const report = await here.json<Report>(['doctor', '--sandbox'], { env });
    expect(report).toMatchObject({ ok: false, exit: 69, attempts: [], guarantees: [{ guarantee: 'sandbox', state: 'missing', fix: expect.stringContaining('bubblewrap') }] });
    expect((await here.json(['sandbox', 'run', '--', 'true'], { env })).exit).toBe(69);
    const shown = await here.run(['doctor', '--sandbox'], { env });
    expect([shown.code, shown.stdout.includes('install bubblewrap')]).toEqual([69, true]);
  });
});
