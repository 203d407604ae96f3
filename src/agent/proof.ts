import type { Validation } from '../manifest/agent/spec.ts';
import type { AgentHost, Origin, Task } from '../pipeline/agent/port.ts';
import { jsonIn } from './answer.ts';

/** Whether a validation passes, and what shows that. */
export interface Proof {
  readonly holds: boolean;
  /** The run that shows it, where one was needed. */
  readonly run?: string;
  /** What was found instead. */
  readonly found: string;
}

/** Carries a validation out: success is never what somebody says. */
export async function prove(validation: Validation, text: string, host: AgentHost): Promise<Proof> {
  switch (validation.kind) {
    case 'tool': {
      const { error, output, runId, status } = await host.call(validation.tool, validation.params);
      return { holds: status === 'succeeded', run: runId, found: `${validation.tool} ${status}: ${error?.message ?? output.slice(0, 2000)}` };
    }
    case 'command': {
      const { output, runId, status } = await host.command(validation.argv);
      return { holds: status === 'succeeded', run: runId, found: `${validation.argv.join(' ')} ${status}: ${output.slice(-2000)}` };
    }
    case 'schema': {
      const answer = jsonIn(text);
      if (!answer) return { holds: false, found: 'the answer is no JSON value' };
      const faults = await host.faultsOf(validation.schema, answer.value);
      return { holds: faults.length === 0, found: faults.join('; ') };
    }
  }
}

/** Where the output comes from that says what was found: of a project that is not trusted, anybody may have written it. */
export function originsOfProof({ trust }: AgentHost): readonly Origin[] {
  return trust.isProjectTrusted ? ['system'] : ['system', 'file'];
}

/** A task as it is after its validation. */
export function proven(task: Task, { holds, run }: Proof): Task {
  return { ...task, status: holds ? 'done' : 'open', ...(holds && run !== undefined ? { evidence: run } : {}) };
}
