import { basename, extname, resolve } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { toHook } from '../hook.ts';
import { hexDigest } from '../../digest.ts';
import { expandAlias } from '../aliases.ts';
import type { CheckCapability } from '../checks.ts';
import type { Issue } from '../issue.ts';
import { issuesError, parseOrThrow } from '../load.ts';
import { problemsError, toProblem } from '../problems.ts';
import { readTextFile } from '../read.ts';
import type { Parsed } from '../yaml.ts';
import { check } from '../zod-issues.ts';
import { agentManifest, type AgentManifest, type ValidationDeclaration } from './agent-manifest.ts';
import { checkAgent } from './checks.ts';
import type { AgentSpec, PlannedTask, Validation } from './spec.ts';

export interface LoadAgentOptions {
  readonly kind: AgentSpec['origin']['kind'];
  /** Says what is wrong with the text of a capability, or nothing. Default: only its shape is checked. */
  readonly checkCapability?: CheckCapability;
  /** Finds what is wrong with the names of others that it refers to. Default: they are not looked up. */
  readonly checkReferences?: (manifest: AgentManifest) => Promise<readonly Issue[]>;
}

/**
 * Loads an agent from its file and checks all of it.
 *
 * @throws TokaError TOKA_MANIFEST_INVALID with the first place in `where` and every problem in `data.problems`.
 */
export async function loadAgent(file: string, { kind, checkCapability, checkReferences }: LoadAgentOptions): Promise<AgentSpec> {
  const path = resolve(file);
  const { text, manifest, parsed } = read(path, checkCapability);
  const issues = (await checkReferences?.(manifest)) ?? [];
  if (issues.length > 0) throw issuesError('TOKA_MANIFEST_INVALID', path, issues, parsed);
  return toSpec(manifest, { kind, file: path }, hexDigest(text));
}

function read(file: string, checkCapability: CheckCapability | undefined): { readonly text: string; readonly manifest: AgentManifest; readonly parsed: Parsed } {
  const found = readTextFile(file);
  if ('issue' in found) throw problemsError('TOKA_MANIFEST_INVALID', file, [toProblem(found.issue)]);
  const parsed = parseOrThrow('TOKA_MANIFEST_INVALID', found.text, file);
  const checked = check(agentManifest, parsed.value, (part) => parsed.positions.sourceOf(part));
  const issues = 'data' in checked ? checkAgent(checked.data, basename(file, extname(file)), checkCapability) : checked.issues;
  if (!('data' in checked) || issues.length > 0) throw issuesError('TOKA_MANIFEST_INVALID', file, issues, parsed);
  return { text: found.text, manifest: checked.data, parsed };
}

function toSpec({ metadata, spec }: AgentManifest, origin: AgentSpec['origin'], hash: string): AgentSpec {
  const { domain, priority, model, maxTurns, objectives, tasks, dependencies, reporting, security, hooks } = spec;
  return {
    name: metadata.name,
    qualified: `agent/${metadata.name}`,
    ...(spec.name === undefined ? {} : { title: spec.name }),
    version: metadata.version,
    description: metadata.description,
    ...(metadata.author === undefined ? {} : { author: metadata.author }),
    tags: metadata.tags,
    origin,
    hash,
    ...(domain === undefined ? {} : { domain }),
    priority,
    skills: [...new Set([...spec.capabilities, ...dependencies.skills])],
    objectives: objectives.map(({ id, description, deliverable, validation }) => ({
      id,
      description,
      ...(deliverable === undefined ? {} : { deliverable }),
      ...validated(validation),
    })),
    tasks: [...tasks.default, ...tasks.conditional].map(toTask),
    agents: dependencies.agents,
    tools: dependencies.tools,
    directives: spec.behavioral_directives,
    successCriteria: spec.success_criteria,
    ...(reporting === undefined ? {} : { reporting: { format: reporting.format, ...(reporting.schema === undefined ? {} : { schema: reporting.schema as JsonObject }) } }),
    model,
    maxSteps: maxTurns,
    security: toSecurity(security),
    hooks: hooks.map(toHook),
  };
}

function toTask(task: AgentManifest['spec']['tasks']['default'][number] & { readonly when?: string }): PlannedTask {
  const { id, title, when, after, validation } = task;
  return { id, title, ...(when === undefined ? {} : { when }), after, ...validated(validation) };
}

function validated(declared: ValidationDeclaration | undefined): { readonly validation?: Validation } {
  return declared === undefined ? {} : { validation: toValidation(declared) };
}

function toValidation(declared: ValidationDeclaration): Validation {
  if ('tool' in declared) return { kind: 'tool', tool: declared.tool, params: declared.params };
  // The schema asks for one at least.
  return 'command' in declared ? { kind: 'command', argv: declared.command as [string, ...string[]] } : { kind: 'schema', schema: declared.schema as JsonObject };
}

/** What it may ask for holds what it must have, so that one list is the most that it can have. */
function toSecurity({ sandbox, capabilities_required, capabilities_optional, resource_limits }: AgentManifest['spec']['security']): AgentSpec['security'] {
  const { timeout, calls, wall, cpu, bytes, tokens, money } = resource_limits;
  const required = capabilities_required.flatMap(expandAlias);
  return {
    level: sandbox,
    required,
    ...(capabilities_optional === undefined ? {} : { ceiling: [...new Set([...required, ...capabilities_optional.flatMap(expandAlias)])] }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    budget: {
      ...(calls === undefined ? {} : { calls }),
      ...(wall === undefined ? {} : { wall }),
      ...(cpu === undefined ? {} : { cpu }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(money === undefined ? {} : { money }),
    },
  };
}
