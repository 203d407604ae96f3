import { TokaError } from '../errors.ts';
import type { ProcessIdentity, RunEvent, RunRequested, RunStatus } from './events.ts';

/** What the events of a run so far amount to. Plain JSON data. */
export interface RunState {
  readonly status: RunStatus;
  readonly model: RunRequested['model'];
  readonly tool?: string;
  readonly parent?: string;
  readonly principal: string;
  readonly cwd: string;
  readonly project?: string;
  readonly door: string;
  readonly effect: RunRequested['effect'];
  readonly process: ProcessIdentity;
  /** Milliseconds since 1970. */
  readonly requestedAt: number;
  readonly startedAt?: number;
  /** How often it was started; absent where that was once. */
  readonly attempts?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number | null;
  readonly errorCode?: string;
  readonly wallMs?: number;
  /** The name of the journal that it was imported from. */
  readonly importedFrom?: string;
  /** When its events were forgotten, milliseconds since 1970: no more is known of it than this. */
  readonly prunedAt?: number;
}

type Transition<E extends RunEvent> = (state: RunState, event: E, time: number) => RunState;

const TRANSITIONS: { readonly [T in Exclude<RunEvent['type'], 'run.requested'>]: Transition<Extract<RunEvent, { type: T }>> } = {
  'approval.decided': (state) => state,
  'run.started': (state, event, time) => {
    if (state.startedAt !== undefined) throw illegal(event, 'the run has started before');
    return { ...state, startedAt: time };
  },
  'run.acted': begun,
  'run.resumed': (state, event) => {
    const attempts = (begun(state, event).attempts ?? 1) + 1;
    if (event.attempt !== attempts) throw illegal(event, `expected attempt ${attempts}`);
    return { ...state, attempts, process: event.process };
  },
  'resume.refused': begun,
  'run.marked': begun,
  'run.cached': begun,
  'agent.began': ofAgent,
  'agent.steered': ofAgent,
  'agent.tasks': ofAgent,
  'agent.kept': ofAgent,
  'agent.compacted': ofAgent,
  'agent.conversed': ofAgent,
  'run.recorded': begun,
  'run.output': begun,
  'run.finished': (state, event, time) => {
    if (event.status === 'succeeded' && state.startedAt === undefined) throw illegal(event, 'a run that has not started cannot succeed');
    return {
      ...state,
      status: event.status,
      finishedAt: time,
      exitCode: event.exitCode,
      ...(event.error && { errorCode: event.error.code }),
      wallMs: event.usage.wallMs,
    };
  },
  'run.imported': (state, { origin }) => ({ ...state, importedFrom: origin }),
  'run.pruned': (state, event, time) => {
    if (!isOver(state)) throw illegal(event, 'the run has not ended');
    return { ...state, prunedAt: time };
  },
};

/**
 * Applies one event. Pure: the same state and event always give the same result, however the log is split.
 *
 * @param state What the earlier events amount to; undefined before the first.
 * @param event The next event.
 * @param time When it was recorded, milliseconds since 1970.
 * @returns The new state.
 * @throws TokaError `TOKA_EVENT_ILLEGAL` if the event cannot follow that state.
 */
export function reduce(state: RunState | undefined, event: RunEvent, time: number): RunState {
  if (event.type === 'run.requested') {
    if (state) throw illegal(event, 'the run exists already');
    return requested(event, time);
  }
  if (!state) throw illegal(event, 'the run has not been requested');
  if (state.prunedAt !== undefined) throw illegal(event, 'the run was pruned');
  if (isOver(state) && event.type !== 'run.imported' && event.type !== 'run.pruned') throw illegal(event, 'the run has finished');
  const transition = TRANSITIONS[event.type] as Transition<RunEvent>;
  return transition(state, event, time);
}

/** Whether nothing can happen in it any more: what was imported without an outcome ended with the process it had there. */
export function isOver({ finishedAt, importedFrom }: Pick<RunState, 'finishedAt' | 'importedFrom'>): boolean {
  return finishedAt !== undefined || importedFrom !== undefined;
}

function begun(state: RunState, event: RunEvent): RunState {
  if (state.startedAt === undefined) throw illegal(event, 'the run has not started');
  return state;
}

function ofAgent(state: RunState, event: RunEvent): RunState {
  if (state.model !== 'agent') throw illegal(event, 'the run is not that of an agent');
  return begun(state, event);
}

function requested({ model, tool, parent, principal, cwd, project, door, effect, process }: RunRequested, time: number): RunState {
  return {
    status: 'running',
    model,
    ...(tool !== undefined && { tool }),
    ...(parent !== undefined && { parent }),
    principal,
    cwd,
    ...(project !== undefined && { project }),
    door,
    effect,
    process,
    requestedAt: time,
  };
}

function illegal(event: RunEvent, why: string): TokaError {
  return new TokaError('TOKA_EVENT_ILLEGAL', `expected an event that can come next, found ${event.type}: ${why}`, {
    hint: 'this is a defect of toka: run again with --debug and report what it prints',
    data: { type: event.type },
  });
}
