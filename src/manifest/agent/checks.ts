import { checkCapabilityText, type CheckCapability } from '../checks.ts';
import { checkHooks } from '../hook.ts';
import { quote, type Issue, type Path } from '../issue.ts';
import { checkJsonSchema } from '../json-schema.ts';
import { nearest } from '../nearest.ts';
import { oneOf } from '../zod-issues.ts';
import type { AgentManifest, ValidationDeclaration } from './agent-manifest.ts';

/** A task or an objective, with where it stands. */
interface Entry {
  readonly id: string;
  readonly after: readonly string[];
  readonly validation: ValidationDeclaration | undefined;
  readonly path: Path;
}

/** Finds what the schema cannot say about an agent. */
export function checkAgent({ metadata, spec }: AgentManifest, fileName: string, checkCapability?: CheckCapability): Issue[] {
  const tasks = tasksOf(spec);
  const entries = [...spec.objectives.map((objective, index): Entry => ({ ...objective, after: [], validation: objective.validation, path: ['spec', 'objectives', index] })), ...tasks];
  return [
    ...checkName(metadata.name, fileName),
    ...checkIds(entries),
    ...checkOrder(tasks),
    ...entries.flatMap(({ validation, path }) => (validation && 'schema' in validation ? checkJsonSchema(validation.schema, [...path, 'validation', 'schema']) : [])),
    ...checkReporting(spec.reporting),
    ...checkHooks(spec.hooks, ['spec', 'hooks']),
    ...(['capabilities_required', 'capabilities_optional'] as const).flatMap((list) =>
      (spec.security[list] ?? []).flatMap((text, index) => checkCapabilityText(text, ['spec', 'security', list, index], { paths: [], secrets: [] }, checkCapability)),
    ),
  ];
}

/** Every validation of an agent, with where it stands. */
export function validationsOf({ spec }: AgentManifest): { readonly validation: ValidationDeclaration; readonly path: Path }[] {
  const objectives = spec.objectives.map(({ validation }, index) => ({ validation, path: ['spec', 'objectives', index] }));
  return [...objectives, ...tasksOf(spec)].flatMap(({ validation, path }) => (validation ? [{ validation, path: [...path, 'validation'] }] : []));
}

function tasksOf({ tasks }: AgentManifest['spec']): Entry[] {
  return (['default', 'conditional'] as const).flatMap((list) => tasks[list].map((task, index): Entry => ({ ...task, validation: task.validation, path: ['spec', 'tasks', list, index] })));
}

/** An agent is looked up by the name of its file. */
function checkName(name: string, fileName: string): Issue[] {
  return name === fileName ? [] : [{ path: ['metadata', 'name'], code: 'conflict', expected: `the name of the file, ${quote(fileName)}`, found: quote(name) }];
}

function checkIds(entries: readonly Entry[]): Issue[] {
  const seen = new Set<string>();
  return entries.flatMap(({ id, path }): Issue[] => {
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew ? [] : [{ path: [...path, 'id'], code: 'duplicate', expected: 'an id of its own', found: quote(id) }];
  });
}

function checkOrder(tasks: readonly Entry[]): Issue[] {
  const ids = tasks.map(({ id }) => id);
  const unknown = tasks.flatMap(({ after, path }) => after.flatMap((id, index) => (ids.includes(id) ? [] : [unknownId(id, ids, [...path, 'after', index])])));
  return unknown.length > 0 ? unknown : checkCycles(tasks);
}

function unknownId(id: string, ids: readonly string[], path: Path): Issue {
  const suggestion = nearest(id, ids);
  return { path, code: 'unknown-name', expected: `the id of a task, ${oneOf(ids)}`, found: quote(id), ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }) };
}

/** Takes away what depends on nothing that is left; what then remains waits for itself. */
function checkCycles(tasks: readonly Entry[]): Issue[] {
  let left = tasks;
  for (let before = Infinity; left.length < before; ) {
    before = left.length;
    const waiting = new Set(left.map(({ id }) => id));
    left = left.filter(({ after }) => after.some((id) => waiting.has(id)));
  }
  const [first] = left;
  return first ? [{ path: [...first.path, 'after'], code: 'conflict', expected: 'tasks that do not wait for themselves', found: left.map(({ id }) => id).join(', ') }] : [];
}

function checkReporting(reporting: AgentManifest['spec']['reporting']): Issue[] {
  if (reporting?.schema === undefined) return [];
  const path = ['spec', 'reporting', 'schema'];
  const conflict: Issue = { path, at: 'key', code: 'conflict', expected: 'a schema only for the format json', found: `the format ${reporting.format}` };
  return [...(reporting.format === 'json' ? [] : [conflict]), ...checkJsonSchema(reporting.schema, path)];
}
