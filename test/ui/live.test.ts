import { expect, test } from 'vitest';
import { liveView } from '../../src/ui/live.ts';

test.each(['stdout', 'stderr'] as const)('colours that a tool leaves on %s end before toka says something, and with the run', (stream) => {
  let screen = '';
  const terminal = { isTTY: true, write: (chunk: string | Uint8Array) => void (screen += String(chunk)) };
  const live = liveView({ streams: { stdout: terminal, stderr: terminal }, view: { isTty: true, color: false, columns: 80 }, output: 'stdout', quiet: false });
  const hide = { type: 'output', run: 'r', stream, chunk: Buffer.from('\u001b[8m') } as const;
  for (const event of [{ type: 'started', run: 'r' }, hide, { type: 'log', run: 'r', level: 'warn', message: 'seen' }, hide]) live.show(event as never);
  live.end();
  expect(screen).toBe('\u001b[8m\u001b[0mwarn seen\n\u001b[8m\u001b[0m');
});

test('what goes to a file is left as it is', () => {
  let file = '';
  const output = { isTTY: false, write: (chunk: string | Uint8Array) => void (file += Buffer.from(chunk).toString()) };
  const live = liveView({ streams: { stdout: output, stderr: output }, view: { isTty: false, color: false, columns: 80 }, output: 'stdout', quiet: false });
  live.show({ type: 'started', run: 'r' } as never);
  live.show({ type: 'output', run: 'r', stream: 'stdout', chunk: Buffer.from('\u001b[8m') } as never);
  live.end();
  expect(file).toBe('\u001b[8m');
});
