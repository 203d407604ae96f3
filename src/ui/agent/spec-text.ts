import type { AgentSpec, Objective, PlannedTask, Validation } from '../../manifest/agent/spec.ts';
import { printDuration, printSize } from '../../manifest/units.ts';
import { paint, plain, type Terminal } from '../text.ts';

/** An agent as people read it: what it is, a tree of what it is to achieve and in which steps, and what it may do. */
export function agentText(spec: AgentSpec, view: Terminal): string {
  const head = [paint(view, 'bold', spec.name), paint(view, 'dim', spec.version), ...[spec.title, spec.domain].flatMap((text) => (text === undefined ? [] : [plain(text)]))].join('  ');
  const sections = [
    [head, ...plain(spec.description).split('\n')],
    tree('Objectives', spec.objectives.map(objectiveLines), view),
    tree('Tasks', ordered(spec.tasks).map(taskLines), view),
    tree('Directives', spec.directives.map((text) => [text]), view),
    tree('Success criteria', spec.successCriteria.map((text) => [text]), view),
    tree('May', mayLines(spec).map((text) => [text]), view),
  ];
  return `${sections.filter(({ length }) => length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** A node of a tree: its line, and those below it. */
type Node = readonly string[];

function tree(title: string, nodes: readonly Node[], view: Terminal): string[] {
  if (nodes.length === 0) return [];
  const lines = nodes.flatMap(([first = '', ...rest], index) => {
    const isLast = index === nodes.length - 1;
    const below = rest.map((line, at) => `${isLast ? '   ' : '│  '}${at === rest.length - 1 ? '└─ ' : '├─ '}${shown(line)}`);
    return [`${isLast ? '└─ ' : '├─ '}${shown(first)}`, ...below];
  });
  return [paint(view, 'bold', title), ...lines];
}

function shown(text: string): string {
  return plain(text).replaceAll(/\s+/g, ' ');
}

function objectiveLines({ id, description, deliverable, validation }: Objective): Node {
  return [`${id}: ${description}`, ...(deliverable === undefined ? [] : [`delivers ${deliverable}`]), `shown by ${validationText(validation)}`];
}

function taskLines({ id, title, when, after, validation }: PlannedTask): Node {
  return [
    `${id}: ${title}`,
    ...(when === undefined ? [] : [`when ${when}`]),
    ...(after.length === 0 ? [] : [`after ${after.join(', ')}`]),
    ...(validation === undefined ? [] : [`shown by ${validationText(validation)}`]),
  ];
}

function validationText(validation: Validation | undefined): string {
  switch (validation?.kind) {
    case undefined:
      return 'nothing: the agent says so itself';
    case 'tool':
      return `${validation.tool}${Object.entries(validation.params).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join('')}`;
    case 'command':
      return validation.argv.join(' ');
    case 'schema':
      return 'an answer of the form that its schema says';
  }
}

/** Each task behind those that come first, otherwise as they stand in the file. */
function ordered(tasks: readonly PlannedTask[]): PlannedTask[] {
  const placed: PlannedTask[] = [];
  const isReady = ({ after }: PlannedTask): boolean => after.every((id) => placed.some((each) => each.id === id));
  while (placed.length < tasks.length) {
    const next = tasks.find((task) => !placed.includes(task) && isReady(task));
    if (!next) return [...tasks];
    placed.push(next);
  }
  return placed;
}

function mayLines({ security, model, maxSteps, tools, agents }: AgentSpec): string[] {
  const { level, required, ceiling, timeoutMs, budget } = security;
  const limits = [
    ...(timeoutMs === undefined ? [] : [`${printDuration(timeoutMs)} for each run`]),
    ...(budget.calls === undefined ? [] : [`${budget.calls} calls`]),
    ...(budget.wall === undefined ? [] : [`${printDuration(budget.wall)} of time`]),
    ...(budget.cpu === undefined ? [] : [`cpu ${printDuration(budget.cpu)}`]),
    ...(budget.bytes === undefined ? [] : [`output ${printSize(budget.bytes)}`]),
    ...(budget.tokens === undefined ? [] : [`${budget.tokens} tokens`]),
    ...(budget.money === undefined ? [] : [`$${budget.money / 1_000_000}`]),
  ];
  return [
    `ask the model ${model}, ${maxSteps} times at the most`,
    `see ${tools.length === 0 ? 'every tool that it may call' : `the tools ${tools.join(', ')}`}`,
    ...(agents.length === 0 ? [] : [`start the agents ${agents.join(', ')}`]),
    `run commands at level ${level}`,
    ...(required.length === 0 ? [] : [`have ${required.join(', ')}, or not start`]),
    ceiling === undefined ? 'ask for whatever the person may have who runs it' : `ask for nothing but ${ceiling.length === 0 ? 'what needs no grant' : ceiling.join(', ')}`,
    ...(limits.length === 0 ? [] : [`use up ${limits.join(', ')}`]),
  ];
}
