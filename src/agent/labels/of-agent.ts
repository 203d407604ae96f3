import type { AgentHost, AgentOrder } from '../../pipeline/agent/port.ts';
import type { Desk } from '../desk.ts';
import { createLabels, type Labels } from './labels.ts';

/** The labels of one agent's run: its spec counts as what the person said. */
export function labelsOf({ above, spec }: AgentOrder, { cwd, home, root, trust }: AgentHost, desk: Desk): Labels {
  return createLabels({
    ...trust,
    cwd,
    root,
    home,
    vouched: [spec.description, ...spec.directives, ...spec.successCriteria, ...spec.objectives.flatMap(({ description, deliverable = '' }) => [description, deliverable]), ...spec.tasks.map(({ title }) => title)],
    unvouched: [],
    shown: () => desk.shown(),
    toolNamed: (name) => desk.toolNamed(name),
    ...(above ? { above } : {}),
  });
}
