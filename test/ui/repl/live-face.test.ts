import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { History } from '../../../src/ui/repl/editor/history.ts';
import type { Status } from '../../../src/ui/repl/status.ts';
import { LiveFace } from '../../../src/ui/repl/live-face.ts';

const GRACE_MS = 500;
const CHOICE = { details: [], question: 'Shall it?', answers: ['once', 'deny'], fallback: 1 };
const STATUS: Status = { model: 'scripted/talk', capabilities: [], context: { used: 0, limit: 32_000 }, usage: { inputTokens: 0, outputTokens: 0 }, isPlanning: false };

let stdin: PassThrough & { setRawMode(): void };
let face: LiveFace;
let said: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  stdin = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const stdout = Object.assign(new PassThrough().resume(), { columns: 80, rows: 24 });
  said = [];
  face = new LiveFace({
    stdin: stdin as never,
    stdout: stdout as never,
    env: {},
    root: '/',
    history: new History(),
    theme: 'plain',
    color: false,
    surroundings: { status: () => STATUS, commands: () => [], isBusy: () => false },
  });
  void face.listen({ said: (text) => void said.push(text), stopped: () => undefined, interrupted: () => undefined, ended: () => undefined });
});
afterEach(() => {
  face.close();
  vi.useRealTimers();
});

const press = async (key: string): Promise<void> => {
  const pressed = once(stdin, 'keypress');
  stdin.write(key);
  await pressed;
};

test('a key that is pressed as a sudden question appears answers nothing, and is what is written next', async () => {
  const answered = vi.fn<(at: number) => void>();
  const answer = face.choose({ ...CHOICE, isSudden: true }).then(answered);
  vi.advanceTimersByTime(GRACE_MS - 1);
  await press('1');
  expect(answered).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  await press('2');
  await answer;
  expect(answered).toHaveBeenCalledWith(1);
  await press('\r');
  expect(said).toEqual(['1']);
});

test('a question that was asked for is answered at once', async () => {
  const answer = face.choose(CHOICE);
  await press('1');
  expect(await answer).toBe(0);
});
