import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { leanOutput, mayBeTerminal } from '../../src/ui/output.ts';
import { place } from '../support/cli.ts';

const opened = (path: string, flags: string): number => {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
};
const unwanted = (): never => {
  throw new Error('Node’s stream was asked for');
};

test('a file and the null device are written to without a stream of Node’s', () => {
  using here = place({ 'out.txt': '' });
  leanOutput(opened('/dev/null', 'w'), unwanted).write('text');
  leanOutput(opened(join(here.project, 'out.txt'), 'w'), unwanted).write('text');
  expect(readFileSync(join(here.project, 'out.txt'), 'utf8')).toBe('text');
});

test('any other character device may be a terminal', () => {
  expect(mayBeTerminal(opened('/dev/zero', 'r'))).toBe(true);
  expect(() => leanOutput(opened('/dev/zero', 'r'), unwanted)).toThrow('asked for');
});
