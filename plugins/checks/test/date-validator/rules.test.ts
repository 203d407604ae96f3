import { expect, test } from 'vitest';
import { project } from '../documents/project.ts';
import { run } from './run.ts';

async function kinds(text: string, params: Parameters<typeof run>[1] = {}, name = 'a.md'): Promise<string[]> {
  const { findings } = await run(project({ [name]: text }), params);
  return findings.map(({ kind, severity, text: found }) => `${severity} ${kind} ${found}`);
}

test.each([
  ['Support ends on 2031-04-30.', []],
  ['| Version | End of life |\n|---|---|\n| 24 | 2028-04-30 |\n', []],
  ['## Roadmap\n\n- 2027-05-01 first release\n', []],
  ['We met on 2027-05-01.', ['warning future 2027-05-01']],
  ['We met on 2026-11-23.', []],
  ['created: 2027-05-01', ['warning future 2027-05-01']],
  ['Last updated: 1970-01-01', ['warning template 1970-01-01']],
  ['The epoch is 1970-01-01.', []],
  ['2025-01-31T24:30:00Z', ['error impossible 2025-01-31T24:30:00Z']],
  ['2024-02-29 and 2025-02-29', ['error impossible 2025-02-29']],
  ['30 February', ['error impossible 30 February']],
  ['start_date: 2025-05-02\nend_date: 2025-05-01\n', ['warning range 2025-05-01']],
  ['2025-05-02 – 2025-05-01', ['warning range 2025-05-01']],
  ['Last updated: YYYY-MM-DD', ['warning template YYYY-MM-DD']],
  ['Dates are written YYYY-MM-DD.', []],
  ['Write `2025-02-30`, see https://example.org/2025-02-30 and [x](2025-02-30.md).', []],
  ['    2025-02-30 in indented code', []],
])('%j gives %j', async (text, expected) => {
  expect(await kinds(text)).toEqual(expected);
});

test('what two numbers mean is asked of the caller and of the other dates', async () => {
  expect(await kinds('05/04/2025')).toEqual(['warning ambiguous 05/04/2025']);
  expect(await kinds('05/04/2025', { order: 'dmy' })).toEqual([]);
  expect(await kinds('05/04/2025 and 25/04/2025')).toEqual([]);
  expect(await kinds('05/04/2025, 25/04/2025, 04/25/2025')).toEqual(['warning ambiguous 05/04/2025']);
  expect(await kinds('Last updated: 12/01/2026', { order: 'mdy' })).toEqual(['error future 12/01/2026']);
  expect(await kinds('Last updated: 12/01/2026', { order: 'dmy' })).toEqual([]);
});

test('code is checked when asked for', async () => {
  expect(await kinds('`2025-02-30`', { code: true })).toEqual(['error impossible 2025-02-30']);
});

test('releases of several packages and lines are compared within their own', async () => {
  const log = [
    '## pkg-a 1.1.0 (2025-03-01)',
    '## pkg-b 1.0.0 (2025-01-01)',
    '## pkg-a 1.0.5 (2025-04-01)',
    '## pkg-a 1.0.4 (2025-04-02)',
    '## 2.0.0-rc.1 (2020-01-01)',
  ];
  expect(await kinds(log.join('\n\n'), {}, 'CHANGELOG.md')).toEqual(['warning order 2025-04-01']);
  expect(await kinds(log.join('\n\n'), {}, 'notes.md')).toEqual([]);
});

test.each([
  '<!-- toka-date-ignore -->',
  '{/* toka-date-ignore */}',
  '// toka-date-ignore',
  '# toka-date-ignore',
  '.. toka-date-ignore',
  '[//]: # (toka-date-ignore)',
  '; toka-date-ignore',
  '-- toka-date-ignore',
])('%s exempts the next line that is not blank', async (comment) => {
  expect(await kinds(`${comment}\n\n2025-02-30\n\n2025-02-31\n`, {}, 'a.txt')).toEqual(['error impossible 2025-02-31']);
});

test('a region that is not closed is exempted to the end of the document', async () => {
  const root = project({ 'a.md': '2025-02-30\n<!-- toka-date-ignore-start -->\n2025-02-30\n\n2025-02-31\n' });
  expect((await run(root)).findings.map(({ line }) => line)).toEqual([1]);
});

test('a region, a line and a file can be exempted; a quoted comment exempts nothing', async () => {
  expect(await kinds('<!-- toka-date-ignore-start -->\n2025-02-30\n\n2025-02-31\n<!-- toka-date-ignore-end -->\n2025-04-31\n')).toEqual([
    'error impossible 2025-04-31',
  ]);
  expect(await kinds('2025-02-30 <!-- toka-date-ignore-line -->\n2025-04-31\n')).toEqual(['error impossible 2025-04-31']);
  expect(await kinds('2025-02-30\n<!-- toka-date-ignore-file -->\n2025-04-31\n')).toEqual([]);
  expect(await kinds('`<!-- toka-date-ignore-file -->` 2025-04-31\n')).toEqual(['error impossible 2025-04-31']);
  expect(await kinds('toka-date-ignore-file 2025-04-31\n')).toEqual(['error impossible 2025-04-31']);
});

test('from which severity on a run fails can be chosen', async () => {
  const root = project({ 'a.md': 'We met on 2027-05-01.\n' });
  expect(await run(root)).toMatchObject({ ok: true });
  expect(await run(root, { failOn: 'warning' })).toMatchObject({ ok: false, code: 'DATES_INVALID' });
  expect(await run(project({ 'a.md': '2025-02-30' }), { failOn: 'never' })).toMatchObject({ ok: true, summary: { errors: 1 } });
});

test('wrong parameters are refused with a code', async () => {
  await expect(run(project(), { today: '2025-02-30' })).rejects.toMatchObject({ code: 'DATE_TODAY_INVALID' });
  await expect(run(project(), { path: ['nowhere'] })).rejects.toMatchObject({ code: 'CHECK_PATH_NOT_FOUND' });
});
