import { expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/pipeline/agent/port.ts';
import { themeOf } from '../../../src/ui/repl/theme.ts';
import { TurnView } from '../../../src/ui/repl/turn-view.ts';

function printed(...events: readonly AgentEvent[]): string[] {
  const lines: string[] = [];
  const view = new TurnView({ theme: () => themeOf('plain', false), columns: () => 80, print: (more) => void lines.push(...more) });
  for (const event of events) view.hear(event);
  return lines;
}

const BEGAN: AgentEvent = { type: 'step-began', step: 1, route: 'lab/m' };
const AGAIN: AgentEvent = { type: 'restart', why: 'busy' };

test('where nothing was heard of an answer nothing is said to be void', () => {
  expect(printed(BEGAN, AGAIN)).toEqual(['it is asked again: busy']);
  expect(printed(BEGAN, { type: 'text', text: 'Half of' }, AGAIN)).toEqual(['what it said is void, it comes anew: busy']);
});

test('a summary is told by its messages, which is what it counts', () => {
  expect(printed({ type: 'compacted', before: 1200, after: 3 })).toEqual(['the conversation was summed up: 1200 messages became 3']);
});
