import type { CallResult } from '@toka/sdk';
import { expect, test } from 'vitest';
import { Handles } from '../../src/pipeline/code/handles.ts';

const MIB = 1024 * 1024;

function answer(bytes: number): CallResult {
  return { runId: 'run', status: 'succeeded', output: '', data: 'x'.repeat(bytes) };
}

test('what stays outside is bounded, all of it together', () => {
  const handles = new Handles();
  expect(handles.held(answer(40 * MIB)).data).toMatchObject({ handle: 'h1', kind: 'string', length: 40 * MIB });
  expect(() => handles.held(answer(40 * MIB))).toThrow(expect.objectContaining({ code: 'CODE_ANSWERS_TOO_LARGE' }) as Error);
});

test('what only looks like a handle is passed on as it is', () => {
  const value = { handle: 'h7', list: [{ handle: 1 }], name: 'door' };
  expect(new Handles().resolve(value)).toEqual(value);
});
