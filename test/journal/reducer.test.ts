import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/journal/events.ts';
import { reduce, type RunState } from '../../src/journal/reducer.ts';
import { codeOf, FINISHED, OUTPUT, REQUESTED, RESUMED, STARTED } from './fixtures.ts';

const APPROVED: RunEvent = { v: 1, type: 'approval.decided', capability: 'fs:write:docs/**', decision: 'once', by: 'user' };
const DENIED: RunEvent = { ...FINISHED, status: 'denied', exitCode: null, error: { code: 'TOKA_CAPABILITY_DENIED', message: 'no' } };

const IMPORTED: RunEvent = { v: 1, type: 'run.imported', origin: 'toka/journal/0e2db20c50f5ca12f4d1f02d8f1f8b9e', exportedAt: '2026-01-31T12:00:00.000Z', file: 'a'.repeat(64), by: 'user', toka: '0.1.0' };

const PRUNED: RunEvent = { v: 1, type: 'run.pruned', events: 3, stateHash: 'a'.repeat(64), timesHash: 'b'.repeat(64), rule: '--keep 0', by: 'user', toka: '0.1.0' };

const replay = (events: readonly RunEvent[], from?: RunState, time = 0): RunState | undefined =>
  events.reduce<RunState | undefined>((state, event, index) => reduce(state, event, time + index), from);

test('a run that is asked for, approved, started and finished ends with its outcome', () => {
  expect(replay([REQUESTED, APPROVED, STARTED, OUTPUT, OUTPUT, FINISHED])).toMatchObject({
    status: 'succeeded',
    tool: 'files/file-reader',
    requestedAt: 0,
    startedAt: 2,
    finishedAt: 5,
    exitCode: 0,
    wallMs: 12,
  });
});

test('a run is denied without having started', () => {
  expect(replay([REQUESTED, DENIED])).toMatchObject({ status: 'denied', errorCode: 'TOKA_CAPABILITY_DENIED', exitCode: null });
});

test('a run without an outcome is running', () => {
  expect(replay([REQUESTED])?.status).toBe('running');
  expect(replay([REQUESTED, STARTED, OUTPUT])?.status).toBe('running');
});

test('a run that is resumed is carried by the process that resumed it last, and counts how often', () => {
  const state = replay([REQUESTED, STARTED, RESUMED, { ...RESUMED, attempt: 3, process: { pid: 4713 } }]);
  expect(state).toMatchObject({ status: 'running', attempts: 3, process: { pid: 4713 }, startedAt: 1 });
});

test('who was not let go on with a run, and what is said of it, change nothing', () => {
  const started = replay([REQUESTED, STARTED]);
  const refused: RunEvent = { v: 1, type: 'resume.refused', by: 'user', error: { code: 'TOKA_CAPABILITY_DENIED', message: 'no' } };
  expect(replay([refused, { v: 1, type: 'run.acted' }, { v: 1, type: 'run.marked', as: 'failed', by: 'user' }], started)).toEqual(started);
});

test('a run that has ended, or was imported, can be pruned, which tells when', () => {
  expect(replay([REQUESTED, STARTED, FINISHED, PRUNED])).toEqual({ ...replay([REQUESTED, STARTED, FINISHED]), prunedAt: 3 });
  expect(replay([REQUESTED, STARTED, IMPORTED, PRUNED])).toMatchObject({ status: 'running', prunedAt: 3 });
});

describe('an event that cannot come next is refused', () => {
  test.each<[string, RunEvent[]]>([
    ['pruned before it has ended', [REQUESTED, STARTED, PRUNED]],
    ['pruned twice', [REQUESTED, STARTED, FINISHED, PRUNED, PRUNED]],
    ['imported after it was pruned', [REQUESTED, STARTED, FINISHED, PRUNED, IMPORTED]],
    ['started before it is requested', [STARTED]],
    ['requested twice', [REQUESTED, REQUESTED]],
    ['started twice', [REQUESTED, STARTED, STARTED]],
    ['output before the start', [REQUESTED, OUTPUT]],
    ['resumed before the start', [REQUESTED, RESUMED]],
    ['resumed after the end', [REQUESTED, STARTED, FINISHED, RESUMED]],
    ['resumed by two at once', [REQUESTED, STARTED, RESUMED, RESUMED]],
    ['a success without a start', [REQUESTED, FINISHED]],
    ['finished twice', [REQUESTED, STARTED, FINISHED, FINISHED]],
    ['output after the end', [REQUESTED, STARTED, FINISHED, OUTPUT]],
    ['an approval after the end', [REQUESTED, DENIED, APPROVED]],
  ])('%s', async (_, events) => {
    expect(await codeOf(() => replay(events))).toBe('TOKA_EVENT_ILLEGAL');
  });
});

test('after an outcome, or without one, a run can only be imported; then nothing more happens in it', async () => {
  expect(replay([REQUESTED, STARTED, FINISHED, IMPORTED, IMPORTED])).toMatchObject({ status: 'succeeded', importedFrom: 'toka/journal/0e2db20c50f5ca12f4d1f02d8f1f8b9e' });
  expect(await codeOf(() => replay([REQUESTED, STARTED, IMPORTED, FINISHED]))).toBe('TOKA_EVENT_ILLEGAL');
  expect(await codeOf(() => replay([IMPORTED]))).toBe('TOKA_EVENT_ILLEGAL');
});

test('the state does not depend on where the log is split, nor on a passage through JSON', () => {
  const middle = fc.array(fc.constantFrom<RunEvent>(OUTPUT, APPROVED, { v: 1, type: 'run.acted' }));
  const end = fc.constantFrom<RunEvent[]>([], [FINISHED], [DENIED]);
  fc.assert(
    fc.property(middle, end, fc.nat(), (between, last, at) => {
      const events = [REQUESTED, STARTED, ...between, ...last];
      const split = at % (events.length + 1);
      const before = replay(events.slice(0, split));
      const snapshot = before && (JSON.parse(JSON.stringify(before)) as RunState);
      expect(JSON.stringify(replay(events.slice(split), snapshot, split))).toBe(JSON.stringify(replay(events)));
    }),
  );
});

test('any order of events gives a state or a coded refusal, and never changes the state it was given', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(REQUESTED, APPROVED, STARTED, OUTPUT, FINISHED, DENIED, IMPORTED)), async (events) => {
      let state: RunState | undefined;
      for (const event of events) {
        const before = JSON.stringify(state);
        let next: RunState | undefined;
        const code = await codeOf(() => (next = reduce(state, event, 1)));
        expect(JSON.stringify(state)).toBe(before);
        if (code !== undefined) expect(code).toBe('TOKA_EVENT_ILLEGAL');
        else state = next;
      }
    }),
  );
});
