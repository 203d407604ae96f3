import { toTokaError } from '../../errors.ts';
import type { AgentParams, Task } from '../../pipeline/agent/port.ts';
import type { LiveEvent, Toka } from '../../toka.ts';
import { type Door, doorTo } from '../door.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { errorText } from '../report.ts';
import { onScreen } from '../screen.ts';
import { terminal } from '../text.ts';
import { type BoundFlags, type Bounds, bounds, type SessionFlags, sessionFor } from './bounds.ts';
import { inquirerFor } from './inquire.ts';
import { type Progress, progressOf } from './progress.ts';
import { type AgentResult, agentResult } from './result.ts';
import { readSaid } from './said.ts';
import { eventLine } from './stream.ts';
import { tallied } from './tally.ts';

export interface AgentRunFlags extends BoundFlags, SessionFlags {
  readonly image?: readonly string[] | undefined;
  readonly 'max-turns'?: number | undefined;
  readonly model?: string | undefined;
  readonly output: 'text' | 'json' | 'stream-json';
  readonly plan: boolean;
  readonly schema?: string | undefined;
  readonly storage?: string | undefined;
}

/** `toka agent run [NAME] -p PROMPT|-` */
export async function runAgent(name: string | undefined, prompt: string, flags: AgentRunFlags, door: Door): Promise<number> {
  const isText = flags.output === 'text';
  const progress = progressOf(door, isText && door.stderr.isTTY === true);
  const schema = flags.schema === undefined ? undefined : (await import('./form.ts')).readForm(flags.schema, door.cwd);
  const own = bounds(flags);
  const left = new AbortController();
  const toka = await doorTo(flags.storage, door).open(isText && door.isAttended ? attended(progress, left) : { approver: undefined, confirmer: undefined, reviewer: undefined });
  try {
    const said = await readSaid(prompt, flags.image ?? [], door);
    const session = await sessionFor(name, flags, toka);
    const agent = session?.agent ?? name ?? 'assistant';
    const params: AgentParams = {
      said,
      ...(flags.model === undefined ? {} : { model: flags.model }),
      ...(session ? { session: session.id, ...(session.head === undefined ? {} : { after: session.head }) } : {}),
      ...(flags['max-turns'] === undefined ? {} : { maxSteps: flags['max-turns'] }),
      ...(schema === undefined ? {} : { schema }),
      ...(flags.plan ? { plan: true } : {}),
    };
    const result = await carryOut({ agent, session: session?.id, params, own, left: left.signal }, flags, toka, progress, door);
    showAgentResult(result, flags, door);
    return result.exitCode;
  } finally {
    await toka.close();
  }
}

/** A session in which nothing came to be said is none, and is forgotten. */
async function begun(session: string | undefined, toka: Toka): Promise<string | undefined> {
  if (session === undefined) return undefined;
  const sessions = await toka.sessions();
  if ((await sessions.get(session)).head !== undefined) return session;
  await sessions.remove(session);
  return undefined;
}

/** A person who looks on is asked what only they can decide or know; who leaves a question wants all of it to end. */
function attended(progress: Progress, left: AbortController): Parameters<Door['open']>[0] {
  const orLeft = async <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((thrown: unknown) => {
      if (toTokaError(thrown).code === 'TOKA_CANCELLED') left.abort();
      throw thrown;
    });
  return {
    approver: async (tool, missing, root) => {
      progress.pause();
      return orLeft((await import('../remember.ts')).askAndRemember(tool, missing, root));
    },
    confirmer: async (tool, taint, root) => {
      progress.pause();
      return orLeft((await import('../remember.ts')).askAboutFlowAndRemember(tool, taint, root));
    },
    inquirer: inquirerFor(progress),
    reviewer: async (drift) => {
      progress.pause();
      return orLeft((await import('../prompts.ts')).askAboutDrift(drift));
    },
  };
}

interface Order {
  readonly agent: string;
  readonly session: string | undefined;
  readonly params: AgentParams;
  readonly own: Bounds;
  /** Aborted where the person has left a question. */
  readonly left: AbortSignal;
}

async function carryOut({ agent, session, params, own, left }: Order, { ephemeral, output }: AgentRunFlags, toka: Toka, progress: Progress, door: Door): Promise<AgentResult> {
  const counter = tallied();
  const interrupts = listenForInterrupts(door.stderr);
  let tasks: readonly Task[] = [];
  let route: string | undefined;
  const onEvent = (event: LiveEvent): void => {
    counter.hear(event);
    progress.hear(event);
    if (output === 'stream-json') {
      const line = eventLine(event);
      if (line !== undefined) door.stdout.write(line);
    }
    if (event.type !== 'agent') return;
    if (event.event.type === 'tasks') ({ tasks } = event.event);
    if (event.event.type === 'step-began') route ??= event.event.route;
  };
  try {
    const result = await toka.run({ ...toka.agent(agent, params), ...own, ...(ephemeral ? { isEphemeral: true } : {}), signal: AbortSignal.any([interrupts.signal, left]), onEvent });
    progress.pause();
    return agentResult(result, counter.tally, { agent, session: route === undefined ? await begun(session, toka) : session, tasks, route });
  } finally {
    interrupts.end();
  }
}

/** Prints what came of it. */
export function showAgentResult(result: AgentResult, { output }: Pick<AgentRunFlags, 'output'>, door: Door): void {
  if (output !== 'text') {
    door.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { error, text } = result;
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  door.stdout.write(door.stdout.isTTY === true ? onScreen(ended) : ended);
  if (error) door.stderr.write(errorText(error, terminal(door.stderr, door.env)));
}
