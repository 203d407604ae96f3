import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/journal/events.ts';
import { NOTHING_YET, replay, type Snapshot, stateHash } from '../../src/journal/replay.ts';
import { codeOf, FINISHED, OUTPUT, REQUESTED, STARTED } from './fixtures.ts';

type Timed = { readonly event: RunEvent; readonly time: number };

const APPROVED: RunEvent = { v: 1, type: 'approval.decided', capability: 'fs:write:docs/**', decision: 'once', by: 'user' };

/** Any run that can be recorded, whole or not, by a clock that may go backwards. */
const anyRun: fc.Arbitrary<Timed[]> = fc
  .record({
    requested: fc.record({ parent: fc.option(fc.uuid(), { nil: undefined }), principal: fc.string({ maxLength: 9 }), effect: fc.constantFrom('none', 'read', 'external') }),
    approvals: fc.array(fc.constant(APPROVED), { maxLength: 3 }),
    outputs: fc.array(fc.constant(OUTPUT), { maxLength: 9 }),
    end: fc.constantFrom('open', 'succeeded', 'failed', 'denied', 'timed-out'),
    times: fc.array(fc.integer({ min: -1000, max: 2_000_000_000_000 }), { minLength: 20, maxLength: 20 }),
  })
  .map(({ requested: { parent, ...asked }, approvals, outputs, end, times }) => {
    const first = { ...REQUESTED, ...asked, ...(parent === undefined ? {} : { parent }) } as RunEvent;
    const started = end === 'denied' ? [] : [STARTED, ...outputs];
    const last = end === 'open' ? [] : [{ ...FINISHED, status: end, exitCode: end === 'succeeded' ? 0 : null } as RunEvent];
    return [first, ...approvals, ...started, ...last].map((event, at) => ({ event, time: times[at] ?? 0 }));
  });

const kept = (snapshot: Snapshot): Snapshot => JSON.parse(JSON.stringify(snapshot)) as Snapshot;

describe('the hash of what a run amounts to is the same', () => {
  test('after every replay from nothing', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        expect(stateHash(replay(run))).toBe(stateHash(replay(run)));
      }),
    );
  });

  test('from any snapshot, also one that was kept as JSON', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const whole = stateHash(replay(run));
        for (let at = 0; at <= run.length; at++) expect(stateHash(replay(run.slice(at), kept(replay(run.slice(0, at)))))).toBe(whole);
      }),
    );
  });

  test('however the events are split', () => {
    fc.assert(
      fc.property(anyRun, fc.array(fc.nat({ max: 20 })), (run, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, run.length)), run.length].toSorted((a, b) => a - b);
        const parts = places.slice(1).map((end, at) => run.slice(places[at], end));
        expect(stateHash(parts.reduce((state, part) => replay(part, state), NOTHING_YET))).toBe(stateHash(replay(run)));
      }),
    );
  });

  test('only for the same events', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const hashes = Array.from({ length: run.length + 1 }, (_, at) => stateHash(replay(run.slice(0, at))));
        expect(new Set(hashes).size).toBe(hashes.length);
      }),
    );
  });
});

test('an event that cannot follow a snapshot is refused, and the snapshot stays as it was', async () => {
  const ended = replay([REQUESTED, STARTED, FINISHED].map((event) => ({ event, time: 1 })));
  const before = stateHash(ended);
  for (const event of [REQUESTED, APPROVED, STARTED, OUTPUT, FINISHED]) expect(await codeOf(() => replay([{ event, time: 2 }], ended))).toBe('TOKA_EVENT_ILLEGAL');
  expect(stateHash(ended)).toBe(before);
});
