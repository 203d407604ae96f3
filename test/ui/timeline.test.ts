import { expect, test } from 'vitest';
import { REQUESTED } from '../journal/events.ts';
import { timeline } from '../../src/ui/timeline.ts';

const run = { ...REQUESTED, id: '01a21426-4b96-7363-80cb-e86d93b42eb3', status: 'succeeded' as const, requestedAt: 0, startedAt: 0, finishedAt: 1000, wallMs: 1000, events: 4 };
const tree = [{ run, children: [{ run: { ...run, requestedAt: 500, startedAt: 500 }, children: [] }] }];
const drawn = (columns: number): string[] => timeline(tree, { isTty: true, color: false, columns }, 0).trimEnd().split('\n');

test('the bars end at the edge of the terminal', () => {
  for (const columns of [80, 120, 200]) expect(drawn(columns)[1]).toHaveLength(columns);
});

test('where the terminal is too narrow there are no bars', () => {
  expect(drawn(60).join('')).not.toMatch(/█|░/);
});

test('what took no time has a bar of one cell, within the width', () => {
  const short = [{ run, children: [{ run: { ...run, requestedAt: 1000, startedAt: 1000 }, children: [] }] }];
  expect(timeline(short, { isTty: false, color: false, columns: 0 }, 0)).toMatch(/ {39}#\n$/);
});

test('a name that would change the screen or add a line is shown without', () => {
  const hostile = [{ run: { ...run, tool: 'a\u001b[2Jb\nc' }, children: [] }];
  expect(timeline(hostile, { isTty: false, color: false, columns: 0 }, 0)).toMatch(/^ab c /m);
});
