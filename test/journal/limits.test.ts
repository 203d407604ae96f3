import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/journal/events.ts';
import { admit, blobsOf, checkRunId, describeFault } from '../../src/journal/limits.ts';
import { codeOf, FINISHED, OUTPUT, REQUESTED, RESUMED, STARTED, WHOLE_RUN } from './fixtures.ts';

const SHA = 'a'.repeat(64);

test('what is admitted reads back as it was', () => {
  for (const event of WHOLE_RUN) expect(JSON.parse(admit(event).body)).toEqual(event);
});

describe('a field outside its limits is refused', () => {
  test.each<[string, unknown]>([
    ['an unknown type', { ...STARTED, type: 'run.paused' }],
    ['a type that every object has', { ...STARTED, type: 'constructor' }],
    ['an unknown version', { ...STARTED, v: 2 }],
    ['an unknown model', { ...REQUESTED, model: 'magic' }],
    ['a folder of 20,000 characters', { ...REQUESTED, cwd: `/${'x'.repeat(20_000)}` }],
    ['a parent that is no id', { ...REQUESTED, parent: '../..' }],
    ['a process without a number', { ...REQUESTED, process: {} }],
    ['a digest that is too short', { ...STARTED, planDigest: 'abc' }],
    ['a capability that is not a string', { ...STARTED, effective: [1] }],
    ['output that is not text', { ...OUTPUT, kept: { inline: { a: 1 } } }],
    ['a blob whose name is not a digest', { ...OUTPUT, kept: { blob: '../x', bytes: 1 } }],
    ['a negative length', { ...OUTPUT, bytes: -1 }],
    ['an outcome that is none', { ...FINISHED, status: 'running' }],
    ['a time that is not a number', { ...FINISHED, usage: { wallMs: Number.NaN, outputBytes: 0 } }],
    ['a figure without a source', { ...FINISHED, usage: { wallMs: 1, outputBytes: 0, cpuMs: { value: 1 } } }],
    ['a step without a place', { ...REQUESTED, step: {} }],
    ['a bound that is not a number', { ...REQUESTED, bounds: { budget: { calls: 'many' } } }],
    ['a resumption by nobody', { ...RESUMED, by: undefined }],
    ['a resumption by no process', { ...RESUMED, process: {} }],
    ['a mark that is no outcome', { v: 1, type: 'run.marked', as: 'unknown', by: 'user' }],
    ['more than 4 MiB', { ...REQUESTED, params: { inline: 'x'.repeat(5 * 1024 * 1024) } }],
  ])('%s', async (_, event) => {
    expect(await codeOf(() => admit(event as RunEvent))).toBe('TOKA_EVENT_INVALID');
  });
});

test('anything that is not an event is described, whatever it is', () => {
  for (const value of [null, undefined, 1, 'x', [], {}, { v: 1 }]) expect(describeFault(value)).toBeTypeOf('string');
});

test('no outcome is lost to a long message: it is cut', () => {
  const { event } = admit({
    ...FINISHED,
    status: 'failed',
    error: { code: 'TOKA_RUN_FAILED', message: 'x'.repeat(1e6), hint: 'y'.repeat(1e6) },
  });
  const error = event.type === 'run.finished' ? event.error : undefined;
  expect(error?.message.length).toBe(8192);
  expect(error?.hint?.length).toBe(8192);
});

test('half of a surrogate pair and a zero character survive', () => {
  const event: RunEvent = { ...OUTPUT, kept: { inline: '\ud83d\0' } };
  expect(JSON.parse(Buffer.from(admit(event).body, 'utf8').toString('utf8'))).toEqual(event);
});

test('all blobs of an event are found', () => {
  const ref = { blob: SHA, bytes: 1 };
  expect(blobsOf({ ...REQUESTED, params: ref })).toEqual([ref]);
  expect(blobsOf({ ...OUTPUT, kept: ref })).toEqual([ref]);
  expect(blobsOf({ ...FINISHED, data: ref })).toEqual([ref]);
  expect(WHOLE_RUN.flatMap(blobsOf)).toEqual([]);
});

test('a run id is a UUID in lower case', async () => {
  expect(await codeOf(() => checkRunId('0198C3A2-7F3E-7C41-9D0E-5A4B3C2D1E0F'))).toBe('TOKA_EVENT_INVALID');
  expect(await codeOf(() => checkRunId("'; DROP TABLE runs"))).toBe('TOKA_EVENT_INVALID');
  expect(await codeOf(() => checkRunId('0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f'))).toBeUndefined();
});
