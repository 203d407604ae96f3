import type { ToolContext } from '@toka/sdk';
import { TokaError, toTokaError } from '../../errors.ts';
import { runNative } from '../../runtime/native.ts';
import type { Completion } from '../../runtime/completion.ts';
import { createToolContext, guarded } from '../../runtime/tool-context.ts';
import type { SandboxPlan } from '../../sandbox/plan.ts';
import { boundSignal } from '../bond.ts';
import { callsOf } from '../calls.ts';
import { children } from '../children.ts';
import { deedOf } from '../deed.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import { withMaskedEvents } from '../mask.ts';
import { networkOf } from '../network.ts';
import { warmOf } from '../warm.ts';
import { Halt, idempotencyKey, type Recording, type Run, settled } from '../run.ts';

/** Makes it run. */
export async function execute(asked: Run, house: House): Promise<Run> {
  const run = withMaskedEvents(asked);
  const { request } = run;
  const tool = settled(run, 'tool');
  const { executable } = tool;
  request.onEvent?.({
    type: 'started',
    run: run.id,
    name: settled(run, 'tool').qualified,
    ...(request.parent ? { parent: request.parent.run } : {}),
  });
  if (request.model === 'agent') return (await import('../agent/execute.ts')).executeAgent(run, request, house);
  if (request.model === 'prompt') return (await import('../prompt/execute.ts')).executePrompt(run, request, house);
  if (request.replays) return (await import('../replay/retell.ts')).retell(run, request.replays, house);
  if (executable.type === 'code') return (await import('../code/execute.ts')).executeCode(run, executable, house);
  if (tool.cache === true) return (await import('../cache.ts')).answered(run, house, async () => carry(run, house));
  return carry(run, house);
}

async function carry(run: Run, house: House): Promise<Run> {
  const { request } = run;
  const { executable } = settled(run, 'tool');
  const { plan } = run;
  if (!plan) return inProcess(run, house);
  const { makeHidden, watchForPlanted } = await import('../../runtime/sandboxed.ts');
  makeHidden(house.hidden, plan.mounts);
  const planted = watchForPlanted(plan);
  const { completion, recording } = await (executable.type === 'native' ? isolated(run, plan, house) : process(run, plan, house));
  for (const path of planted()) {
    request.onEvent?.({ type: 'log', run: run.id, level: 'warn', message: `the run made ${path}, which other programs obey: look at it before you go on` });
  }
  return { ...run, completion, ...(recording ? { recording } : {}) };
}

type Carried = Pick<Run, 'recording'> & { readonly completion: Completion };

async function process(run: Run, asked: SandboxPlan, house: House): Promise<Carried> {
  const { request } = run;
  const plan = { ...asked, env: { ...asked.env, TOKA_IDEMPOTENCY_KEY: idempotencyKey(run) } };
  const slot = run.slot?.take();
  const signal = boundSignal(request, house.clock);
  const recorder = request.record === true ? await (await recorders()).recorderOfProcess(run, house) : undefined;
  const given = recorder ? recorder.listen(request.input) : request.input;
  const input = run.input === undefined ? given : Buffer.from(run.input);
  const { runProcess } = await import('../../runtime/sandboxed.ts');
  setImmediate(openEarly, house);
  const completion = await runProcess(plan, {
    require: house.demand.require,
    ...(signal ? { signal } : {}),
    ...(slot ? { slot } : {}),
    ...(input === undefined ? {} : { input }),
    ...networkOf(run, plan),
    ...(await warmOf(house)),
    onOutput: (stream, chunk) => request.onEvent?.({ type: 'output', run: run.id, stream, chunk }),
  });
  return { completion, ...(recorder ? { recording: recorder.recording() } : {}) };
}

/** What a run that is recorded with its outcome needs for that is found while its process runs, and not while somebody waits for its end. */
function openEarly(house: House): void {
  // Whoever records the outcome is told the reason.
  void house.journal().catch(() => undefined);
  house.process();
}

async function isolated(run: Run, plan: SandboxPlan, house: House): Promise<Carried> {
  const { request, input = '' } = run;
  const slot = run.slot?.take();
  const signal = boundSignal(request, house.clock);
  const { runIsolatedNative } = await import('../../runtime/sandboxed.ts');
  const recorder = request.record === true ? await (await recorders()).recorderOfLines(run, house) : undefined;
  const asked = askedOf(run, house, signal);
  const completion = await runIsolatedNative(plan, input, {
    require: house.demand.require,
    ...(signal ? { signal } : {}),
    ...(slot ? { slot } : {}),
    ...networkOf(run, plan),
    ...(await warmOf(house)),
    children: asked.children,
    onEnded: asked.end,
    onOutput: (stream, chunk) => request.onEvent?.({ type: 'output', run: run.id, stream, chunk }),
    onLog: (level, message) => request.onEvent?.({ type: 'log', run: run.id, level, message }),
    onProgress: (progress) => request.onEvent?.({ type: 'progress', run: run.id, progress }),
    ...(recorder ? { onCalls: recorder.hear } : {}),
  });
  const recording = recorder?.recording();
  if (recorder) warnOfLoss(run, recording);
  const carried = { completion, ...(recording ? { recording } : {}) };
  await asked.demandSound(completion).catch((error: unknown) => {
    throw new Halt({ ...run, ...carried }, toTokaError(error));
  });
  return carried;
}

/** What a tool in a process of its own starts: what it says of itself decides nothing, so it is all asked of its grants here. */
function askedOf(run: Run, house: House, signal: AbortSignal | undefined): { readonly children: Pick<ToolContext, 'call' | 'spawn'>; end(): void; demandSound(completion: Completion): Promise<void> } {
  const { request } = run;
  const ended = new AbortController();
  const calls = callsOf(run, house);
  const own = children(run, house, signal ? AbortSignal.any([signal, ended.signal]) : ended.signal, calls);
  let shortage: TokaError | undefined;
  const noting = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      const error = toTokaError(thrown);
      if (error.code === 'TOKA_BUDGET_EXCEEDED') shortage = error;
      throw error;
    });
  return {
    children: guarded({
      cwd: request.cwd,
      effective: settled(run, 'decision').effective,
      demandHolds: () => request.principal.check(),
      children: { call: async (...what) => noting(own.call(...what)), spawn: async (...what) => noting(own.spawn(...what)) },
    }),
    end: () => ended.abort(new TokaError('TOKA_CANCELLED', 'the tool that asked for it has ended')),
    demandSound: async ({ failure }) => {
      await calls.demandComplete();
      // A tool that is out of budget has not failed by itself.
      if (shortage && failure?.code === shortage.code) throw shortage;
    },
  };
}

/** Whoever wanted a run to be recorded is told at once that it cannot be replayed. */
function warnOfLoss({ id, request }: Run, recording: Recording | undefined): void {
  if (recording && !recording.lost.includes('calls')) return;
  const why = recording ? 'not all that it asked can be kept' : 'its process was gone before it told what it was answered';
  request.onEvent?.({ type: 'log', run: id, level: 'warn', message: `this run cannot be replayed: ${why}` });
}

/** Runs that are not recorded so do not load what that takes. */
async function recorders(): Promise<typeof import('../recorder.ts')> {
  return import('../recorder.ts');
}

async function inProcess(run: Run, house: House): Promise<Run> {
  const { request } = run;
  const tool = settled(run, 'tool');
  const { effective, fallen } = settled(run, 'decision');
  const limited = limitedSignal(run, house);
  const recorder = request.record === true ? (await recorders()).recorderOfCalls(run, house) : undefined;
  const ended = async (): Promise<Run> => {
    const recording = recorder?.recording();
    if (recorder) warnOfLoss(run, recording);
    return { ...run, recorded: await deed.recorded(), ...(recording ? { recording } : {}) };
  };
  const calls = callsOf(run, house);
  const deed = deedOf(run, house);
  try {
    const context = createToolContext({
      runId: run.id,
      idempotencyKey: idempotencyKey(run),
      cwd: request.cwd,
      root: house.projectRoot ?? request.cwd,
      signal: limited.signal,
      demandHolds: limited.demandHolds,
      beforeChange: async () => {
        limited.signal.throwIfAborted();
        await deed.begin();
      },
      effective,
      fallen,
      hidden: house.hidden,
      env: house.env,
      children: children(run, house, limited.signal, calls),
      now: () => Math.trunc(house.clock.now()),
      log: (level, message) => request.onEvent?.({ type: 'log', run: run.id, level, message }),
      progress: (progress) => request.onEvent?.({ type: 'progress', run: run.id, progress }),
    });
    const completion = await runNative((tool.executable as { entry: string }).entry, settled(run, 'params'), recorder ? recorder.listen(context) : context);
    await calls.demandComplete();
    return { ...(await ended()), completion };
  } catch (thrown) {
    throw new Halt(await ended(), toTokaError(thrown));
  } finally {
    limited.end();
  }
}
