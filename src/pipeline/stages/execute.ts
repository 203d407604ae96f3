import { budgetExceeded, UNBOUNDED } from '../../capability/budgets.ts';
import type { Principal } from '../../capability/principal.ts';
import { reachOf } from '../../capability/reach.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import { runNative } from '../../runtime/native.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Completion } from '../../runtime/completion.ts';
import { createToolContext } from '../../runtime/tool-context.ts';
import type { NetworkRules, SandboxPlan } from '../../sandbox/plan.ts';
import { boundSignal, lapseOf } from '../bond.ts';
import { cancelled } from '../cancelled.ts';
import { callsOf } from '../calls.ts';
import { children } from '../children.ts';
import { deedOf } from '../deed.ts';
import type { House } from '../house.ts';
import { withMaskedEvents } from '../mask.ts';
import { Halt, idempotencyKey, type Run, settled } from '../run.ts';
import { timeLimitOf } from '../time-limit.ts';

/** Makes it run. */
export async function execute(asked: Run, house: House): Promise<Run> {
  const run = withMaskedEvents(asked);
  const { request } = run;
  const { executable } = settled(run, 'tool');
  request.onEvent?.({
    type: 'started',
    run: run.id,
    name: settled(run, 'tool').qualified,
    ...(request.parent ? { parent: request.parent.run } : {}),
  });
  const plan = run.plan && { ...run.plan, env: { ...run.plan.env, TOKA_IDEMPOTENCY_KEY: idempotencyKey(run) } };
  if (!plan) return inProcess(run, house);
  const { makeHidden, watchForPlanted } = await import('../../runtime/sandboxed.ts');
  makeHidden(house.hidden, plan.mounts);
  const planted = watchForPlanted(plan);
  const completion = await (executable.type === 'native' ? isolated(run, plan, house) : process(run, plan, house));
  for (const path of planted()) {
    request.onEvent?.({ type: 'log', run: run.id, level: 'warn', message: `the run made ${path}, which other programs obey: look at it before you go on` });
  }
  return { ...run, completion };
}

async function process(run: Run, plan: SandboxPlan, house: House): Promise<Completion> {
  const { request } = run;
  const slot = run.slot?.take();
  const signal = boundSignal(request, house.clock);
  const input = run.input === undefined ? request.input : Buffer.from(run.input);
  const { runProcess } = await import('../../runtime/sandboxed.ts');
  setImmediate(openEarly, house);
  return runProcess(plan, {
    require: house.demand.require,
    ...(signal ? { signal } : {}),
    ...(slot ? { slot } : {}),
    ...(input === undefined ? {} : { input }),
    ...network(run, plan),
    onOutput: (stream, chunk) => request.onEvent?.({ type: 'output', run: run.id, stream, chunk }),
  });
}

/** The journal of a run that is recorded with its outcome is opened while its process runs, and not while somebody waits for its end. */
function openEarly(house: House): void {
  // Whoever records the outcome is told the reason.
  void house.journal().catch(() => undefined);
}

async function isolated(run: Run, plan: SandboxPlan, house: House): Promise<Completion> {
  const { request, input = '' } = run;
  const slot = run.slot?.take();
  const signal = boundSignal(request, house.clock);
  const { runIsolatedNative } = await import('../../runtime/sandboxed.ts');
  return runIsolatedNative(plan, input, {
    require: house.demand.require,
    ...(signal ? { signal } : {}),
    ...(slot ? { slot } : {}),
    ...network(run, plan),
    onOutput: (stream, chunk) => request.onEvent?.({ type: 'output', run: run.id, stream, chunk }),
    onLog: (level, message) => request.onEvent?.({ type: 'log', run: run.id, level, message }),
    onProgress: (progress) => request.onEvent?.({ type: 'progress', run: run.id, progress }),
  });
}

/** Each connection is asked of the effective set; one that is refused is told at once, with the grant that would allow it. */
function network(run: Run, plan: SandboxPlan): { network?: NetworkRules } {
  if (plan.network === undefined) return {};
  const warn = (message: string): void => run.request.onEvent?.({ type: 'log', run: run.id, level: 'warn', message });
  return {
    network: {
      reach: reachOf(settled(run, 'decision').effective),
      onRefused: ({ grant, message }) => warn(`a connection was refused: ${message}; --allow '${grant}' would allow it`),
    },
  };
}

async function inProcess(run: Run, house: House): Promise<Run> {
  const { request } = run;
  const tool = settled(run, 'tool');
  const { effective, fallen } = settled(run, 'decision');
  const timeoutMs = timeLimitOf(run);
  const { left: { wall = Infinity }, bounds } = run.share ?? UNBOUNDED;
  const late = (): TokaError => (wall < timeoutMs ? budgetExceeded('wall', bounds.wall) : tooLong(tool, timeoutMs));
  const { principal } = request;
  const limited = limitedSignal(boundSignal(request, house.clock), { name: tool.qualified, timeoutMs: Math.min(timeoutMs, wall), late, principal });
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
      log: (level, message) => request.onEvent?.({ type: 'log', run: run.id, level, message }),
      progress: (progress) => request.onEvent?.({ type: 'progress', run: run.id, progress }),
    });
    const completion = await runNative((tool.executable as { entry: string }).entry, settled(run, 'params'), context);
    await calls.demandComplete();
    return { ...run, completion, recorded: await deed.recorded() };
  } catch (thrown) {
    throw new Halt({ ...run, recorded: await deed.recorded() }, toTokaError(thrown));
  } finally {
    limited.end();
  }
}

/** A signal that also fires at the time limit, and when the principal does not hold any more, with the error that the run then ends with. */
function limitedSignal(
  outer: AbortSignal | undefined,
  { name, timeoutMs, late, principal }: { readonly name: string; readonly timeoutMs: number; readonly principal: Principal; late(): TokaError },
): { signal: AbortSignal; demandHolds(): void; end(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(lapseOf(principal) ?? cancelled(name, outer));
  const timer = setTimeout(() => controller.abort(late()), timeoutMs);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    demandHolds: () => {
      const lapse = lapseOf(principal);
      if (!lapse) return;
      controller.abort(lapse);
      throw lapse;
    },
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

function tooLong({ qualified }: Tool, timeoutMs: number): TokaError {
  return new TokaError('TOKA_TIMED_OUT', `${qualified} took longer than its limit of ${timeoutMs} ms and was stopped`, {
    hint: 'pass a longer --timeout, up to what its level allows',
  });
}
