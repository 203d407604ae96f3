import type { AgentHost, AgentOrder } from '../../pipeline/agent/port.ts';
import type { AgentSpec } from '../../manifest/agent/spec.ts';
import type { Desk } from '../desk.ts';
import { createLabels, type Labels } from './labels.ts';

/** The labels of one agent's run. Its spec counts as what the person said, where the person, or who they trust, has written it. */
export function labelsOf({ above, context: { memory, skills }, spec }: AgentOrder, { cwd, home, root, trust }: AgentHost, desk: Desk): Labels {
  const { kind } = spec.origin;
  const isVouched = kind === 'bundled' || kind === 'user' || (kind === 'project' && trust.isProjectTrusted);
  const written = [...memory, ...skills.map(({ description, isTrusted }) => ({ text: description, isTrusted }))];
  return createLabels({
    ...trust,
    cwd,
    root,
    home,
    vouched: [...(isVouched ? textsOf(spec) : []), ...written.filter(({ isTrusted }) => isTrusted).map(({ text }) => text)],
    unvouched: [...(isVouched ? [] : textsOf(spec)), ...written.filter(({ isTrusted }) => !isTrusted).map(({ text }) => text)],
    shown: () => desk.shown(),
    toolNamed: (name) => desk.toolNamed(name),
    ...(above ? { above } : {}),
  });
}

function textsOf({ description, directives, objectives, successCriteria, tasks }: AgentSpec): string[] {
  return [description, ...directives, ...successCriteria, ...objectives.flatMap(({ description: objective, deliverable = '' }) => [objective, deliverable]), ...tasks.map(({ title }) => title)];
}
