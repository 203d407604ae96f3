import * as z from 'zod';
import { argument, capability, count, duration, exampleParams, level, line, money, prose, semver, size, strict, tags, toolName } from '../parts.ts';
import { hook } from '../hook.ts';
import { jsonSchema } from '../tool-manifest.ts';

/** A tool by its name or `source/name`. */
const toolReference = z
  .string()
  .max(129)
  .regex(/^([a-z0-9]+(-[a-z0-9]+)*\/)?[a-z0-9]+(-[a-z0-9]+)*$/, 'the name of a tool, such as link-validator or checks/link-validator');

const validation = z
  .union([
    strict({
      tool: toolReference.describe('The tool that must succeed.'),
      params: exampleParams.default({}).describe('Its parameters.'),
    }),
    strict({ command: z.array(argument(8192)).min(1).max(200).describe('The program and its arguments, run in the sandbox; it must end with exit code 0.') }),
    strict({ schema: jsonSchema.describe('JSON Schema (2020-12) that the answer of the agent must match.') }),
  ])
  .describe('How it is shown to be done. Nothing counts as done because the agent says so.');

const id = toolName.describe('Its id, unique among the tasks and objectives.');

const objective = strict({
  id,
  description: prose(2000).describe('What is to be achieved.'),
  deliverable: prose(1000).optional().describe('What is there at the end that was not there before.'),
  validation: validation.optional(),
});

const task = {
  id,
  title: line(200).describe('What is to be done, in a few words.'),
  after: z.array(toolName).max(100).default([]).describe('Ids of the tasks that come first.'),
  validation: validation.optional(),
};

const tasks = strict({
  default: z.array(strict(task)).max(100).default([]).describe('Taken every time.'),
  conditional: z
    .array(strict({ when: prose(500).describe('The condition, in words; the agent finds out whether it is met.'), ...task }))
    .max(100)
    .default([])
    .describe('Taken only where their condition is met.'),
}).describe('The steps that it takes.');

const dependencies = strict({
  agents: z.array(toolName).max(50).default([]).describe('Names of the agents that it may start.'),
  tools: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^[a-z0-9*?-]+(\/[a-z0-9*?-]+)?$/, 'the name of a tool or a glob of names, such as files/*'),
    )
    .max(200)
    .default([])
    .describe('Names of the tools that it may see, or globs of source/name. Default: all that it may call.'),
  skills: z.array(line(64)).max(50).default([]).describe('Names of the skills that are offered to it.'),
}).describe('What it works with.');

const reporting = strict({
  format: z.enum(['text', 'markdown', 'json']).default('markdown').describe('How its answer is written.'),
  schema: jsonSchema.optional().describe('JSON Schema (2020-12) of its answer; for the format json.'),
}).describe('What its answer looks like.');

const limits = strict({
  timeout: duration.optional().describe('How long one run of it may take: 10m. What takes longer ends with exit code 124.'),
  calls: count.optional().describe('Calls of tools and models, with those of all that it starts.'),
  wall: duration.optional().describe('Time that passes until it is done, with all that it starts: 10m.'),
  cpu: duration.optional().describe('Processor time of all that it starts: 60s.'),
  bytes: size.optional().describe('Output of all that it starts: 8M, or a number of bytes.'),
  tokens: count.optional().describe('Tokens of the models that it asks, read and written together.'),
  money: money.optional().describe('US dollars for the models that it asks, with all that it starts.'),
}).describe('What it may use up. A run that would use more ends with exit code 75.');

const security = strict({
  sandbox: level.default('restricted').describe('How much the commands that it starts may use at the most.'),
  capabilities_required: z.array(capability).max(100).default([]).describe('Without these it does not start.'),
  capabilities_optional: z
    .array(capability)
    .max(100)
    .optional()
    .describe('What else it may ask for when a call needs it. Default: whatever the person who runs it may have.'),
  resource_limits: limits.prefault({}),
}).describe('What it may do and use.');

const metadata = strict({
  name: toolName.describe('The name, which is that of the file: lower-case words and digits joined by -.'),
  version: semver.describe('The version of the agent, by semver.org.'),
  description: prose(2000).describe('What it is for; the first line stands in lists.'),
  author: line(200).optional().describe('Who answers for it.'),
  tags: tags.default([]).describe('Further words to find it by.'),
}).describe('What it is.');

const spec = strict({
  name: line(100).optional().describe('Its name as people read it. Default: that of the metadata.'),
  domain: line(100).optional().describe('What it knows about, in a few words.'),
  priority: z.enum(['low', 'normal', 'high']).default('normal').describe('How much its work matters beside that of others.'),
  model: z
    .string()
    .max(200)
    .regex(/^[a-z][a-z0-9-]*(\/\S+)?$/, 'a role such as work, or PROVIDER/MODEL')
    .default('work')
    .describe('The model that it thinks with: a role (work, plan, small) or PROVIDER/MODEL.'),
  maxTurns: z.int().min(1).max(1000).default(50).describe('How often it may ask the model in one run.'),
  capabilities: z.array(line(200)).max(50).default([]).describe('What it is good at, in words. What it may do stands under security.'),
  objectives: z.array(objective).max(50).default([]).describe('What it is to achieve.'),
  tasks: tasks.prefault({}),
  dependencies: dependencies.prefault({}),
  reporting: reporting.optional(),
  security: security.prefault({}),
  behavioral_directives: z.array(prose(2000)).max(100).default([]).describe('How it is to behave, one sentence each.'),
  success_criteria: z.array(prose(1000)).max(100).default([]).describe('What it holds its own work against before it says that it is done.'),
  hooks: z.array(hook).max(100).default([]).describe('What is run before or after a call or a turn, and can stop it.'),
}).describe('How it works and what it may do.');

/** An agent, version 1. */
export const agentManifest = strict({
  apiVersion: z.literal('toka/v1').describe('The version of this format.'),
  kind: z.literal('Agent').describe('What the file describes.'),
  metadata,
  spec,
}).describe('An agent: what it is to achieve, how that is shown, and what it may do.');

export type AgentManifest = z.output<typeof agentManifest>;
export type ValidationDeclaration = z.output<typeof validation>;
