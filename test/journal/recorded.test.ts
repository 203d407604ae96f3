import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blobsOf } from '../../src/journal/limits.ts';
import { parseCalls, parseFiles } from '../../src/journal/recorded.ts';
import type { RunRecorded, StoredEvent } from '../../src/journal/events.ts';

const stored = JSON.parse(readFileSync(join(import.meta.dirname, 'compat/v3-recorded/expected.json'), 'utf8')) as StoredEvent[];
const event = stored.map((each) => each.event).find((each): each is RunRecorded => each.type === 'run.recorded') as RunRecorded;
const [calls, files] = [event.calls, event.files].map((kept) => ('inline' in kept ? kept.inline : undefined));

test('what was recorded of a run in its first form is read', () => {
  expect(parseCalls(calls).map(({ do: verb }) => verb)).toEqual(['read', 'write', 'walk', 'env']);
  expect(parseFiles(files)).toHaveLength(1);
});

test('its contents belong to the event that names them', () => {
  expect(blobsOf(event)).toEqual(event.contents);
});

test.each([[{}], [[{}]], [[{ do: 'format-disk', args: {}, answer: {} }]], [[{ do: 'can', args: { path: '/', action: 'read' }, answer: { value: 'yes' } }]], [[{ do: 'read', args: { path: '/' }, answer: { content: { blob: '../x', bytes: 1 } } }]], [[{ do: 'now', args: {}, answer: {}, more: 1 }]]])(
  'a list of another form is refused: %j',
  (value) => {
    expect(() => parseCalls(value)).toThrow(expect.objectContaining({ code: 'TOKA_INTEGRITY' }));
  },
);
