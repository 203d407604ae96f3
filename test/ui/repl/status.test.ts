import { describe, expect, test } from 'vitest';
import { grantedForms } from '../../../src/ui/repl/granted.ts';
import { statusLine } from '../../../src/ui/repl/status.ts';
import { themeOf } from '../../../src/ui/repl/theme.ts';

const GRANTED = ['fs:read:/p/**', 'net:connect:example.org:443', 'net:connect:example.com:443', 'fs:read:/q/**'];

function line(columns: number, capabilities: readonly string[] = GRANTED): string {
  const status = { model: 'scripted/talk', capabilities: grantedForms(capabilities), context: { used: 5000, limit: 32_000 }, usage: { inputTokens: 5000, outputTokens: 200 }, isPlanning: false };
  return statusLine(status, columns, themeOf('plain', false));
}

describe('the status line tells what is granted', () => {
  test('in words where there is room', () => {
    expect(line(100)).toContain('fs:read, net 2 hosts');
  });

  test('at 40 columns still, and no line is wider', () => {
    expect(line(40)).toContain('fs:read, net 2 hosts');
    for (let columns = 1; columns <= 100; columns++) expect(line(columns).length).toBeLessThanOrEqual(columns);
  });

  test('shorter before it is left out', () => {
    expect(line(24)).toBe('scripted/talk · fs, net');
  });

  test('a grant for a pattern of hosts is not told as one host', () => {
    expect(line(100, ['net:connect:*.example.org'])).toContain('net many hosts');
    expect(line(100, ['net:connect:*:443'])).toContain('net any host');
    expect(line(100, ['net:connect'])).toContain('net any host');
  });

  test('nothing where nothing is granted', () => {
    expect(line(100, [])).toBe('scripted/talk · context 16% of 32k · 5.0k in, 200 out');
  });
});
