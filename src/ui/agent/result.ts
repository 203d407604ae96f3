import type { JsonValue } from '@toka/sdk';
import type { ModelUsage } from '../../model/port.ts';
import type { Task } from '../../pipeline/agent/port.ts';
import type { ResultError, RunResult } from '../../pipeline/result.ts';
import { exitCodeOf } from '../report.ts';
import type { Tally } from './tally.ts';

/** The version of the result's shape, printed with it. */
const AGENT_RESULT_SCHEMA = 'toka/agent-result/v1';

/** What came of what was said to an agent. */
export interface AgentResult {
  readonly schema: typeof AGENT_RESULT_SCHEMA;
  readonly runId: string;
  readonly agent: string;
  /** `PROVIDER/MODEL`; absent where none was asked. */
  readonly model?: string;
  /** Which can be gone on with; absent where nothing is kept. */
  readonly session?: string;
  readonly status: RunResult['status'];
  readonly exitCode: number;
  /** Its answer. */
  readonly text: string;
  /** The same as a value, where a form was asked for. */
  readonly answer?: JsonValue;
  readonly tasks: readonly Task[];
  readonly denied: readonly string[];
  readonly notices: readonly string[];
  readonly usage: ModelUsage & { readonly steps: number; readonly calls: number; readonly wallMs: number };
  readonly error?: ResultError;
}

/** The data of a run of an agent, as it ended. */
interface Ended {
  readonly text?: string;
  readonly answer?: JsonValue;
  readonly tasks?: readonly Task[];
  readonly model?: string;
}

export function agentResult(result: RunResult, tally: Tally, { agent, session, tasks, route }: { readonly agent: string; readonly session: string | undefined; readonly tasks: readonly Task[]; readonly route: string | undefined }): AgentResult {
  const ended = (result.data ?? {}) as Ended;
  const model = ended.model ?? route;
  return {
    schema: AGENT_RESULT_SCHEMA,
    runId: result.runId,
    agent: result.tool ?? `agent/${agent}`,
    ...(model === undefined ? {} : { model }),
    ...(session === undefined ? {} : { session }),
    status: result.status,
    exitCode: exitCodeOf(result.error),
    text: ended.text ?? result.output,
    ...(ended.answer === undefined ? {} : { answer: ended.answer }),
    tasks: ended.tasks ?? tasks,
    denied: tally.denied,
    notices: tally.notices,
    usage: { ...(result.usage.model ?? tally.tokens), steps: tally.steps, calls: tally.calls, wallMs: result.usage.wallMs },
    ...(result.error ? { error: result.error } : {}),
  };
}
