import * as z from 'zod';
import { parameter } from './parameter.ts';
import {
  argument,
  capability,
  count,
  duration,
  effect,
  exampleParams,
  level,
  line,
  percent,
  prose,
  risk,
  semver,
  size,
  strict,
  tags,
  toolName,
} from './parts.ts';

/** More parameters than this are a mistake of a generator. */
export const MAX_PARAMETERS = 200;

const file = argument(4096).min(1);

const process = {
  args: z.array(argument(8192)).max(200).default([]).describe('Fixed arguments, before those of the parameters.'),
  workingDirectory: z
    .enum(['caller', 'project', 'scratch'])
    .default('project')
    .describe("Where the process starts: the caller's folder or the project's root, where it can see anything in it, else (and for scratch) a private folder."),
  stdin: z
    .enum(['none', 'json', 'inherit'])
    .default('none')
    .describe("What it reads on standard input: nothing, one JSON object of the parameters passed as stdin, or the caller's own input."),
};

const script = file.describe("The script, relative to the manifest's folder; it must exist and lie inside the project.");
const program = (name: string) => argument(4096).min(1).default(name).describe(`The program that runs the script. Default ${name}.`);

const executable = z
  .discriminatedUnion('type', [
    strict({
      type: z.literal('native').describe('A module of toka: JavaScript with a default export made by defineTool.'),
      entry: file.describe("The module, relative to the manifest's folder; it must exist and lie inside the project."),
    }),
    strict({ type: z.literal('shell').describe('A shell script.'), path: script, interpreter: program('bash'), ...process }),
    strict({ type: z.literal('python').describe('A Python script.'), path: script, interpreter: program('python3'), ...process }),
    strict({
      type: z.literal('external').describe('Any program.'),
      path: file.describe("A program: its name, an absolute path, or (with a slash) a path relative to the manifest's folder."),
      ...process,
    }),
    strict({ type: z.literal('wasm').describe('A WebAssembly module.'), path: script }),
    strict({ type: z.literal('mcp').describe('A tool of an MCP server.'), path: file.describe('The program that serves it.') }),
  ])
  .describe('What runs. How parameters become arguments is declared with each parameter, never guessed.');

const sandbox = strict({
  memory: size.optional().describe('Memory of the whole process tree: 64M, or a number of bytes. Powers of 1024.'),
  cpu: percent.optional().describe('Processor share in per cent of one core: 20%.'),
  pids: count.optional().describe('Processes and threads.'),
  timeout: duration.optional().describe('Wall clock: 10s, 500ms, 2m.'),
  maxOutput: size.optional().describe('Both output streams together: 8M, or a number of bytes.'),
  maxDisk: size.optional().describe('What it may write to granted folders: 100M, or a number of bytes.'),
}).describe('Limits lower than those of the level; a higher one is refused.');

const security = strict({
  level: level.default('restricted').describe('How much it may use at the most.'),
  risk: risk
    .optional()
    .describe('How much harm a wrong call does. Default by effect: none and read low, idempotent and external medium, privileged high.'),
  sandbox: sandbox.prefault({}),
}).describe('How much it may use and how much harm it can do.');

const capabilities = strict({
  required: z.array(capability).max(100).default([]).describe('Without these the run is denied.'),
  optional: z.array(capability).max(100).default([]).describe('Those that are not granted fall away.'),
}).describe('What it may do, as domain:action[:scope]. {name} in a scope stands for the value of a parameter of type path.');

export const example = strict({
  description: prose(1000).describe('What the example shows.'),
  params: exampleParams.default({}).describe('Valid parameters; secrets are left out.'),
  exitCode: z.int().min(0).max(255).optional().describe('The exit code expected. Default 0.'),
});

/** The schema that outputs.schema and others are: JSON Schema 2020-12, checked further by json-schema.ts. */
export const jsonSchema = z.record(z.string(), z.unknown());

const metadata = strict({
  name: toolName.describe('The name, unique in its source: lower-case words and digits joined by -.'),
  version: semver.describe('The version of the tool, by semver.org.'),
  category: line(64).describe('One word under which it is listed.'),
  description: prose(2000).describe('What it does, for people and for models; the first line stands in lists.'),
  author: line(200).optional().describe('Who answers for it.'),
  tags: tags.default([]).describe('Further words to find it by.'),
}).describe('What it is.');

const spec = strict({
  executable,
  parameters: z
    .array(parameter)
    .max(MAX_PARAMETERS)
    .default([])
    .describe('What it takes. Beyond this schema: names, places and flags differ, and for shell, python and external each declares pass.'),
  outputs: strict({ schema: jsonSchema.describe('JSON Schema (2020-12) of the one JSON value that it writes to stdout.') })
    .optional()
    .describe('Its result, where that is data.'),
  capabilities: capabilities.prefault({}),
  effect: effect.describe(
    'What a run changes. none: nothing; read: nothing, but it reads; idempotent: a second run changes nothing more; ' +
      'external: a second run changes more; privileged: what needs a person.',
  ),
  cache: z
    .boolean()
    .default(false)
    .describe('Whether the result of a run may be that of an earlier one with the same parameters, and the same content of all that its capabilities let it read. For effect none alone.'),
  security: security.prefault({}),
  examples: z.array(example).max(50).default([]).describe('Calls that work, checked against the parameters.'),
}).describe('How it runs and what it may do.');

/** A tool manifest, version 1. */
export const toolManifest = strict({
  apiVersion: z.literal('toka/v1').describe('The version of this format.'),
  metadata,
  spec,
}).describe('A tool: a script, a program or a module with typed parameters, capabilities and limits.');

export type ToolManifest = z.output<typeof toolManifest>;
export type ExecutableDeclaration = z.output<typeof executable>;

/** The parts that are checked by themselves where the whole is not valid, so that all problems are found at once. */
export const manifestParts = { capabilities, example, executable, parameter, security };
