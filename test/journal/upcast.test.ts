import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/journal/audit-run.ts';
import type { StoredEvent } from '../../src/journal/events.ts';
import { replay, stateHash } from '../../src/journal/replay.ts';
import { upcast, type Upcasts } from '../../src/journal/upcast.ts';
import { FINISHED, REQUESTED } from './fixtures.ts';

/** As if a request had first said `who`, then `person`, and now `principal`. */
const UPCASTS: Upcasts = {
  'run.requested': {
    0: ({ who, ...event }) => ({ ...event, v: 1, person: who }),
    1: ({ person, ...event }) => ({ ...event, v: 2, principal: person }),
  },
};

describe('an event of an older version', () => {
  test('is raised step by step to the present one', () => {
    expect(upcast({ v: 0, type: 'run.requested', who: 'ann' }, UPCASTS)).toEqual({ v: 2, type: 'run.requested', principal: 'ann' });
    expect(upcast({ v: 1, type: 'run.requested', person: 'ann' }, UPCASTS)).toEqual({ v: 2, type: 'run.requested', principal: 'ann' });
  });

  test('of the present version, of another type, or no event at all stays as it is', () => {
    for (const value of [{ v: 2, type: 'run.requested' }, { v: 0, type: 'run.output' }, { v: 0, type: 'toString' }, { v: 9, type: 'run.requested' }, {}, null, 7, 'text', []]) {
      expect(upcast(value, UPCASTS)).toBe(value);
    }
  });

  test('of a version that is not known yet is no event', () => {
    expect(parse(JSON.stringify({ ...REQUESTED, v: 2 }))).toBeUndefined();
    expect(parse(JSON.stringify(FINISHED))).toEqual(FINISHED);
  });
});

describe('what was recorded by any toka so far', () => {
  const COMPAT = join(import.meta.dirname, 'compat');
  const states = JSON.parse(readFileSync(join(COMPAT, 'states.json'), 'utf8')) as Record<string, Record<string, string>>;
  const versions = readdirSync(COMPAT).filter((name) => /^v\d+(?:-[a-z]+)?$/.test(name));

  test.each(versions)('amounts to the same as ever: %s', (version) => {
    const events = JSON.parse(readFileSync(join(COMPAT, version, 'expected.json'), 'utf8')) as StoredEvent[];
    const runs = Map.groupBy(events, ({ run }) => run);
    const found = [...runs].map(([run, stored]) => {
      const read = stored.map(({ event, time }) => ({ event: parse(JSON.stringify(event)) as StoredEvent['event'], time }));
      return [run, stateHash(replay(read))];
    });
    expect(Object.fromEntries(found)).toEqual(states[version]);
  });
});
