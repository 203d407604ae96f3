import * as z from 'zod';
import type { Issue, Path } from './issue.ts';
import { argument, duration, exampleParams, line, strict } from './parts.ts';

const toolGlob = z
  .string()
  .max(256)
  .regex(/^[a-z0-9@*?/_.-]+$/, 'a name or glob such as build-* or files/*');

/** What is run before or after a call or a turn of an agent, and can stop it. */
export const hook = strict({
  on: z.enum(['before-tool', 'after-tool', 'before-turn', 'after-turn']).describe('When: around each call of a tool, or around each turn of the conversation.'),
  tools: z.union([toolGlob, z.array(toolGlob).min(1).max(100)]).optional().describe('Names or globs of the tools it is for. Default: every tool.'),
  run: z
    .union([
      strict({
        tool: z.string().max(129).describe('A tool; it is given the event as `event`, where it has such a parameter.'),
        params: exampleParams.default({}).describe('Its other parameters.'),
      }),
      strict({ command: z.array(argument(8192)).min(1).max(200).describe('A program and its arguments; it reads the event as JSON on standard input.') }),
    ])
    .describe('What is run. It stops what it stands before (or holds back what it stands after) by failing, or by the JSON {"decision": "block", "reason": "…"}.'),
  timeout: duration.optional().describe('How long it may take; what takes longer has failed. Default 30s.'),
  reason: line(500).optional().describe('Why it is there, told to the agent where it stops something.'),
});

export type HookDeclaration = z.output<typeof hook>;

/** Finds what the schema cannot say about hooks: around a turn there is no tool to be named. */
export function checkHooks(hooks: readonly HookDeclaration[], path: Path): Issue[] {
  return hooks.flatMap(({ on, tools }, index): Issue[] =>
    tools === undefined || on.endsWith('-tool') ? [] : [{ path: [...path, index, 'tools'], at: 'key', code: 'conflict', expected: 'tools only for before-tool and after-tool', found: on }],
  );
}

/** A hook, defaults filled in. Plain JSON data. */
export interface Hook {
  readonly on: HookDeclaration['on'];
  /** Globs of names of tools; none: every tool. */
  readonly tools: readonly string[];
  readonly run: { readonly kind: 'tool'; readonly tool: string; readonly params: HookParams } | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] };
  readonly timeoutMs: number;
  readonly reason?: string;
}

type HookParams = Extract<HookDeclaration['run'], { tool: string }>['params'];

const TIMEOUT_MS = 30_000;

export function toHook({ on, tools = [], run, timeout, reason }: HookDeclaration): Hook {
  return {
    on,
    tools: [tools].flat(),
    run: 'tool' in run ? { kind: 'tool', tool: run.tool, params: run.params } : { kind: 'command', argv: run.command as [string, ...string[]] },
    timeoutMs: timeout ?? TIMEOUT_MS,
    ...(reason === undefined ? {} : { reason }),
  };
}
