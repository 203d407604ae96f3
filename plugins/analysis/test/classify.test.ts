import type { RunFacts } from '@toka/sdk';
import { expect, test } from 'vitest';
import classify from '../src/classify.ts';
import { templateOf } from '../src/lib/template.ts';
import { analyse, run } from './support/runs.ts';

const failed = (at: number, message: string, more: Partial<RunFacts> = {}): RunFacts => run(at, { status: 'failed', exitCode: 1, error: { code: 'TOKA_RUN_FAILED', message }, ...more });

test.each<[string, Partial<RunFacts>, string | undefined]>([
  ['what succeeded', { status: 'succeeded' }, undefined],
  ['what somebody cancelled', { status: 'cancelled' }, undefined],
  ['a denied run by the actions it lacked', { status: 'denied', denied: ['net:connect:b', 'fs:write:/a', 'fs:write:/b'] }, 'denied for want of fs:write, net:connect'],
  ['an interrupted run', { status: 'interrupted' }, 'interrupted: its process was gone before it ended'],
  ['a run that took too long', { status: 'timed-out', error: { code: 'TOKA_TIMED_OUT', message: 'x' } }, 'timed out'],
  ['a run that a signal ended', { status: 'failed', error: { code: 'TOKA_RUN_FAILED', message: 'it was ended by SIGSEGV' } }, 'ended by SIGSEGV'],
  ['a run that speaks of something else in capitals', { status: 'failed', error: { code: 'TOKA_RUN_FAILED', message: 'SIGNATURE does not match' } }, 'failed with TOKA_RUN_FAILED: SIGNATURE does not match'],
  ['a run beyond a limit', { status: 'killed', error: { code: 'TOKA_MEMORY_LIMIT', message: 'used more than 512 MiB.' } }, 'killed with TOKA_MEMORY_LIMIT: used more than <number> MiB'],
  ['a failure by code and message', { status: 'failed', exitCode: 3, error: { code: 'TOKA_RUN_FAILED', message: 'no' } }, 'failed with TOKA_RUN_FAILED, exit code 3: no'],
])('%s', (_, facts, kind) => {
  expect(analyse(classify, [run(1, facts)]).findings.map(({ summary }) => summary)).toEqual(kind === undefined ? [] : [kind]);
});

test('runs that differ in names and numbers alone are of one kind, with the latest as examples', () => {
  const runs = Array.from({ length: 40 }, (_, at) => failed(at, `line ${at}: cannot find module 'm${at}' in /srv/site-${at}/index.js`, { tool: `tools/${at % 2}` }));
  const { findings } = analyse(classify, [...runs, run(50), failed(60, 'something else')]);
  expect(findings.map(({ summary, measured, tools }) => [summary, measured, tools])).toEqual([
    ["failed with TOKA_RUN_FAILED, exit code 1: line <number>: cannot find module <text> in <path>", { observed: 40, n: 42 }, ['tools/0', 'tools/1']],
    ['failed with TOKA_RUN_FAILED, exit code 1: something else', { observed: 1, n: 42 }, ['project/lint']],
  ]);
  expect(findings[0]?.runs).toEqual([39, 38, 37, 36, 35].map((at) => `run-0000${at}`));
  expect([findings[0]?.from, findings[0]?.to]).toEqual([runs[0]?.finishedAt, runs[39]?.finishedAt]);
});

test('rare kinds can be left out', () => {
  expect(analyse(classify, [failed(1, 'a'), failed(2, 'b'), failed(3, 'b')], { minimumRuns: 2 }).findings.map(({ measured }) => measured['observed'])).toEqual([2]);
});

test.each([
  ['GET https://example.com/a?b=1 gave 404', 'GET <address> gave <number>'],
  ['run 01a222c3-be9d-777a-be80-57394d4c676f is gone', 'run <id> is gone'],
  ['commit 0f3a9c21bb7e is unknown', 'commit <hash> is unknown'],
  ['src/main.ts:12:5 - error', '<path>:<number> - error'],
  ['took 1.5 s', 'took <number> s'],
  ['\u001b[31;1mred\u001b[0m 5', 'red <number>'],
  ['effaced defaced', 'effaced defaced'],
])('the template of %j', (message, template) => {
  expect(templateOf(message)).toBe(template);
});
