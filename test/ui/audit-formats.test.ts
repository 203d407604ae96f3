import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../src/journal/records.ts';
import { recordWriter } from '../../src/ui/audit-formats.ts';

const RECORD: AuditRecord = {
  seq: 7,
  run: '0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f',
  time: '2026-11-25T15:31:54.848Z',
  principal: 'user:1000',
  door: 'cli',
  model: 'tool',
  tool: 'files/file-reader',
  paramsDigest: 'ab'.repeat(32),
  effect: 'read',
  granted: [{ capability: 'fs:read:/project/**', source: 'built-in' }],
  denied: [],
  approvals: [],
  outcome: 'succeeded',
  exitCode: 0,
  usage: { wallMs: 12, outputBytes: 3 },
  events: 4,
  hash: 'cd'.repeat(32),
};

/** Reads a line of CSV as RFC 4180 says. */
function cells(line: string): string[] {
  expect(line.endsWith('\r\n')).toBe(true);
  return [...line.slice(0, -2).matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(?:,|$)/g)].slice(0, 24).map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

function csv(record: Partial<AuditRecord>): Record<string, string> {
  const { head, line } = recordWriter('csv', '1.0.0');
  const values = cells(line({ ...RECORD, ...record }));
  return Object.fromEntries(cells(head).map((name, at) => [name, values[at] ?? '']));
}

describe('CSV', () => {
  test('has a cell for each column, empty where nothing is known', () => {
    expect(csv({})).toMatchObject({ seq: '7', tool: 'files/file-reader', granted: 'fs:read:/project/** (built-in)', denied: '', exit_code: '0', cpu_ms: '', events: '4' });
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1+1', '  =1+1', '\r=1+1', '\uff1d1+1', '\n=HYPERLINK("http://x")'])('%j is no formula to a spreadsheet', (tool) => {
    expect(csv({ tool })['tool']).toMatch(/^'/);
  });

  test.each(['a,b', 'say "hi"', 'two\nlines', "it's", 'plain'])('%j comes back as it was', (tool) => {
    expect(csv({ tool })['tool']).toBe(tool);
  });
});

describe('CEF', () => {
  const cef = (record: Partial<AuditRecord>): string => recordWriter('cef', '1|0').line({ ...RECORD, ...record });

  test('has the seven fields of the head, then name=value', () => {
    expect(cef({}).split(/(?<!\\)\|/).slice(0, 7)).toEqual(['CEF:0', 'toka', 'toka', String.raw`1\|0`, 'run.succeeded', 'files/file-reader succeeded', '1']);
    expect(cef({})).toContain(`|rt=${Date.parse(RECORD.time)} externalId=${RECORD.run} suser=user:1000 act=files/file-reader outcome=succeeded `);
    expect(cef({})).not.toContain('cs4Label');
  });

  test('a pipe, a backslash, an equals sign and a line break cannot begin another field or record', () => {
    const line = cef({ tool: 'a|b\\c=d\ne f' });
    expect(line).toContain(String.raw`|a\|b\\c=d e f succeeded|`);
    expect(line).toContain(String.raw` act=a|b\\c\=d\ne f `);
    expect(line.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a denial weighs more than a success', () => {
    const severity = (outcome: AuditRecord['outcome']): number => Number(cef({ outcome }).split('|')[7]);
    expect(severity('denied')).toBeGreaterThan(severity('failed'));
    expect(severity('failed')).toBeGreaterThan(severity('succeeded'));
  });
});

test('JSON lines bear their schema', () => {
  expect(JSON.parse(recordWriter('json', '1.0.0').line(RECORD))).toEqual({ schema: 'toka/audit-record/v1', ...RECORD });
});
