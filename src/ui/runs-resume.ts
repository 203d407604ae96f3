import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Found, ResumeOptions, RunResult, Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { liveView } from './live.ts';
import { readParams } from './params.ts';
import { showResult } from './run-result.ts';
import { terminal } from './text.ts';

interface ResumeFlags {
  readonly allow?: readonly string[] | undefined;
  readonly json: boolean;
  readonly mark?: string | undefined;
  readonly params?: string | undefined;
  readonly quiet: boolean;
  readonly retry: boolean;
  readonly token?: string | undefined;
}

/** `toka runs resume RUN` */
export async function resumeRun(prefix: string, flags: ResumeFlags, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const id = await (await toka.journal()).findRun(prefix);
    const options: ResumeOptions = {
      ...(flags.allow ? { allow: flags.allow } : {}),
      ...(flags.token === undefined ? {} : { principal: await toka.bearer(flags.token) }),
      ...(flags.params === undefined ? {} : { params: await readParams(flags.params, door.stdin) }),
    };
    const found = await toka.interrupted(id);
    const decided = await decide(toka, found, flags, options, door);
    if ('result' in decided) return showResult(decided.result, 'external', flags, door);
    const params = options.params ?? (await askedSecrets(toka, decided.found, flags, door));
    const result = await carryOut(toka, decided.found, { ...options, params, retry: decided.retry }, flags, door);
    return showResult(result, await typeOf(toka, decided.found), flags, door);
  } finally {
    await toka.close();
  }
}

type Decided = { readonly found: Found; readonly retry: boolean } | { readonly result: RunResult };

/** What is to become of that of which nobody knows how it ended: by a flag, or by a person's answers. */
async function decide(toka: Toka, found: Found, { json, mark, retry }: ResumeFlags, { principal }: ResumeOptions, door: Door): Promise<Decided> {
  const { unknown } = found;
  if (mark !== undefined) {
    const [only] = unknown;
    if (!only || unknown.length > 1) throw notOne(found);
    return marked(toka, found, [[only.run, mark as 'succeeded' | 'failed']], principal);
  }
  if (unknown.length === 0 || retry || json || !door.isAttended) return { found, retry };
  const { askOutcome } = await import('./prompts.ts');
  const answers: [string, 'succeeded' | 'failed'][] = [];
  for (const each of unknown) {
    const answer = await askOutcome(`${toolOf(each)} (run ${each.run})`);
    if (answer !== 'retry') answers.push([each.run, answer]);
  }
  return answers.length === 0 ? { found, retry: true } : marked(toka, found, answers, principal, answers.length < unknown.length);
}

/** Records what was said; the run goes on unless it was itself what was spoken of. */
async function marked(toka: Toka, { run }: Found, answers: readonly (readonly [string, 'succeeded' | 'failed'])[], principal: ResumeOptions['principal'], retry = false): Promise<Decided> {
  let own: RunResult | undefined;
  for (const [id, as] of answers) {
    const result = await toka.mark(await toka.interrupted(id), as, principal);
    if (id === run) own = result;
  }
  return own ? { result: own } : { found: await toka.interrupted(run), retry };
}

function notOne({ run, unknown }: Found): TokaError {
  const found = unknown.length === 0 ? 'it is known of all that it did' : `it is not known of ${unknown.map((each) => each.run).join(', ')}`;
  return new TokaError('TOKA_USAGE', `--mark says how one thing ended of which nobody knows; of run ${run} ${found}`, {
    hint: unknown.length === 0 ? `toka runs resume ${run}` : 'mark each by its own id',
  });
}

async function askedSecrets(toka: Toka, { needs, events }: Found, { json }: ResumeFlags, door: Door): Promise<Readonly<Record<string, unknown>>> {
  if (needs.length === 0 || json || !door.isAttended) return {};
  const { askParameters } = await import('./prompts.ts');
  return askParameters((await toka.findTool(toolOf({ events }))).tool, needs);
}

async function typeOf(toka: Toka, { events }: Found): Promise<Tool['executable']['type']> {
  const event = events[0]?.event;
  const model = event?.type === 'run.requested' ? event.model : 'tool';
  return model === 'code' || model === 'agent' ? model : (await toka.findTool(toolOf({ events }))).tool.executable.type;
}

function toolOf({ events }: Pick<Found, 'events'>): string {
  const event = events[0]?.event;
  return (event?.type === 'run.requested' ? event.tool : undefined) ?? '';
}

async function carryOut(toka: Toka, found: Found, options: ResumeOptions, { json, quiet }: ResumeFlags, door: Door): Promise<RunResult> {
  const live = liveView({ streams: door, view: terminal(door.stderr, door.env), output: json ? (quiet ? 'nowhere' : 'stderr') : 'stdout', quiet });
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const result = await toka.resume(found, { ...options, signal: interrupts.signal, onEvent: live.show });
    live.end();
    return result;
  } finally {
    interrupts.end();
  }
}
