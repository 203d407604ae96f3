import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { Example, Tool } from '../../manifest/tool.ts';
import type { Approver } from '../../pipeline/house.ts';
import { findProject } from '../../config/paths.ts';
import type { ToolRequest } from '../../toka.ts';
import type { Door } from '../door.ts';
import { type Interrupts, listenForInterrupts } from '../interrupt.ts';
import { junitReport } from '../junit.ts';
import { paint, table, terminal } from '../text.ts';
import { changes, copyOf } from './copy.ts';
import { EXAMPLE_RULES, paramsOf, type Tried, untried } from './rules.ts';

export interface ToolTestFlags {
  readonly all: boolean | undefined;
  readonly allow: readonly string[] | undefined;
  readonly folder: string | undefined;
  readonly json: boolean;
  readonly junit: string | undefined;
}

/** One rule of one example, and what became of it. */
interface Judged {
  readonly tool: string;
  readonly example?: string;
  readonly rule: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  readonly ms: number;
  readonly reason?: string;
  /** Why it could not be tried. */
  readonly skipped?: string;
}

/** `toka tools test NAME…`: runs the examples of manifests, each in a copy of a folder, and judges them. */
export async function testTools(names: readonly string[], flags: ToolTestFlags, door: Door): Promise<number> {
  if ((names.length > 0) === (flags.all === true)) throw new TokaError('TOKA_USAGE', `expected names of tools or --all, found ${names.length === 0 ? 'neither' : 'both'}`, { hint: 'toka tools list shows all of them' });
  const source = flags.folder === undefined ? findProject(door.cwd)?.root : resolve(door.cwd, flags.folder);
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const judged: Judged[] = [];
    for (const tool of await toolsOf(names, door)) {
      for (const one of await testTool(tool, source, flags, door, interrupts)) {
        judged.push(one);
        if (!flags.json) tell(one, door);
      }
    }
    report(judged, flags, door);
    return exitCode(judged);
  } finally {
    interrupts.end();
  }
}

async function toolsOf(names: readonly string[], door: Door): Promise<Tool[]> {
  const { registry } = await door.workspace();
  try {
    if (names.length > 0) return await Promise.all(names.map(async (name) => (await registry.find(name)).tool));
    return (await registry.index()).all().map(({ tool }) => tool).filter(({ origin }) => origin.kind !== 'bundled');
  } finally {
    registry.close();
  }
}

async function testTool(tool: Tool, source: string | undefined, flags: ToolTestFlags, door: Door, { signal }: Interrupts): Promise<Judged[]> {
  const judged: Judged[] = [];
  const name = tool.qualified;
  judged.push({ tool: name, rule: 'tool/examples', name: 'its manifest has examples', ms: 0, ...(tool.examples.length > 0 ? {} : { reason: 'there is none' }) });
  for (const example of tool.examples) {
    const begin = performance.now();
    const tried = await tryExample(tool, example, { source, allow: flags.allow ?? [], door, signal });
    const ms = Math.round(performance.now() - begin);
    const skipped = untried(tried.result);
    const said = { tool: name, example: example.description };
    judged.push({ ...said, rule: 'example/runs', name: 'it can be run here, with what its manifest asks for', ms, ...(skipped === undefined ? {} : { skipped }) });
    if (skipped !== undefined) continue;
    for (const { id, name: rule, judge } of EXAMPLE_RULES) {
      const reason = judge(tried);
      judged.push({ ...said, rule: id, name: rule, ms: 0, ...(reason === undefined ? {} : { reason }) });
    }
  }
  return judged;
}

interface Trial {
  readonly source: string | undefined;
  readonly allow: readonly string[];
  readonly door: Door;
  readonly signal: AbortSignal;
}

async function tryExample(tool: Tool, example: Example, { source, allow, door, signal }: Trial): Promise<Tried> {
  using copy = copyOf(source);
  let stderr = '';
  const decoder = new TextDecoder();
  const toka = await door.open({ cwd: copy.folder, approver: approverFor(copy.folder) });
  try {
    const request: ToolRequest = { ...toka.request({ name: tool.qualified }, paramsOf(example)), allow, isFresh: true, signal };
    const before = copy.content();
    const result = await toka.run({
      ...request,
      onEvent: (event) => {
        if (event.type === 'output' && event.stream === 'stderr') stderr += decoder.decode(event.chunk, { stream: true });
      },
    });
    const changed = changes(before, copy.content());
    const invalid = result.error?.code === 'TOKA_PARAM_INVALID' ? result.error.message : undefined;
    // What it does in a millisecond it does in this copy, which nobody looks at any more.
    const hurried = untried(result) === undefined ? await toka.run({ ...request, timeoutMs: 1 }) : result;
    return { tool, example, result, stderr, changed, invalid, hurried };
  } finally {
    await toka.close();
  }
}

/** Grants what stays within the copy, and the start of programs, which are in a sandbox; for everything else somebody has to say `--allow`. */
function approverFor(folder: string): Approver {
  return async (_tool, { capability: { domain, scope = '' } }) => {
    const isWithin = domain === 'fs' && (scope === folder || scope.startsWith(`${folder}/`));
    return { decision: isWithin || domain === 'proc' ? 'once' : 'deny', by: 'toka tools test' };
  };
}

function tell({ tool, example, rule, reason, skipped }: Judged, door: Door): void {
  const view = terminal(door.stderr, door.env);
  const word = reason !== undefined ? paint(view, 'red', 'not ok') : skipped !== undefined ? paint(view, 'yellow', 'skipped') : paint(view, 'green', 'ok');
  door.stderr.write(`${word} ${tool} ${rule}${example === undefined ? '' : `: ${example}`}\n`);
}

function report(judged: readonly Judged[], { json, junit }: ToolTestFlags, door: Door): void {
  if (junit !== undefined) {
    const cases = judged.map(({ tool, example, rule, name, ms, reason, skipped }) => ({ group: tool, name: `${rule}: ${example ?? name}`, ms, reason, skipped }));
    writeFileSync(resolve(door.cwd, junit), junitReport('toka tools test', cases));
  }
  if (json) {
    door.stdout.write(`${JSON.stringify({ schema: 'toka/tool-test/v1', ok: exitCode(judged) === 0, checks: judged })}\n`);
    return;
  }
  const view = terminal(door.stdout, door.env);
  const bad = judged.filter(({ reason, skipped }) => reason !== undefined || skipped !== undefined);
  const rows = bad.map(({ tool, example = '', rule, reason, skipped }) => [tool, rule, reason === undefined ? 'skipped' : 'FAILED', `${example === '' ? '' : `${example}: `}${reason ?? skipped ?? ''}`]);
  const failed = judged.filter(({ reason }) => reason !== undefined).length;
  door.stdout.write(`${rows.length === 0 ? '' : `${table(['TOOL', 'RULE', 'RESULT', 'WHY'], rows, view)}\n`}${judged.length - bad.length} passed, ${failed} failed, ${bad.length - failed} skipped\n`);
}

const UNAVAILABLE = 69;

/** What could not be tried is no success. */
function exitCode(judged: readonly Judged[]): number {
  if (judged.some(({ reason }) => reason !== undefined)) return 1;
  return judged.some(({ skipped }) => skipped !== undefined) ? UNAVAILABLE : 0;
}
