import * as z from 'zod';
import { capability, effect, json, level, line, prose, risk, role, semver, strict, tags, toolName } from './parts.ts';
import { example, jsonSchema } from './tool-manifest.ts';

/** The plugin API that this release offers, the version of `@toka/sdk`. */
export const API_VERSION = { major: 1, minor: 0 } as const;

const inside = z
  .string()
  .max(4096)
  .regex(/^\.\/(?!(.*\/)?\.\.(\/|$))[^\u0000\\]+$/, 'a file inside the package such as ./dist/reader.js');

const entry = inside.describe("The module, relative to the package's folder.");

const capabilityLists = {
  required: z.array(capability).max(100).default([]).describe('Without these it is denied.'),
  optional: z.array(capability).max(100).default([]).describe('Those that are not granted fall away.'),
};

/** One parameter of a plugin's tool: the JSON Schema keywords that mean something on a command line, and toka's annotations. */
const property = strict({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']).describe('Its JSON type.'),
  description: prose(1000).describe('What it means, for people and for models.'),
  default: json.optional().describe('The value where none is given.'),
  enum: z.array(json).min(1).max(500).optional().describe('The values that are allowed.'),
  minimum: z.number().optional().describe('The least value.'),
  maximum: z.number().optional().describe('The greatest value.'),
  exclusiveMinimum: z.number().optional().describe('All values are greater.'),
  exclusiveMaximum: z.number().optional().describe('All values are less.'),
  multipleOf: z.number().positive().optional().describe('All values are multiples of it.'),
  minLength: z.int().min(0).optional().describe('The least number of characters.'),
  maxLength: z.int().min(0).optional().describe('The greatest number of characters.'),
  pattern: z.string().max(500).optional().describe('A regular expression (ECMAScript, unicode) that the text must match; it must compile.'),
  format: line(64).optional().describe('A format of JSON Schema such as date or uri.'),
  items: jsonSchema.optional().describe('JSON Schema of each entry of a list; x-type: path marks a list of paths.'),
  minItems: z.int().min(0).optional().describe('The least number of entries.'),
  maxItems: z.int().min(0).optional().describe('The greatest number of entries.'),
  uniqueItems: z.boolean().optional().describe('Whether all entries differ.'),
  properties: jsonSchema.optional().describe('JSON Schemas of the members of an object, by name.'),
  required: z.array(z.string()).optional().describe('Names of the members that an object must have.'),
  additionalProperties: z
    .union([z.boolean(), jsonSchema])
    .optional()
    .describe('Whether an object may have further members, or their JSON Schema.'),
  'x-type': z.enum(['path', 'secret']).optional().describe("path: resolved against the caller's folder; secret: never shown or stored, also inside items and properties."),
  'x-position': z.int().min(1).max(200).optional().describe("Its place, counted from 1, among the bare words on toka's own command line."),
  'x-role': role.optional(),
});

const params = strict({
  type: z.literal('object'),
  properties: z
    .record(
      z
        .string()
        .max(64)
        .regex(/^[a-z][A-Za-z0-9]*(-[a-z0-9]+)*$/, 'a name such as maxBytes or max-bytes'),
      property,
    )
    .describe('The parameters by name; help, json and params are reserved.'),
  required: z.array(z.string()).default([]).describe('Names of the parameters that must be given.'),
  additionalProperties: z.literal(false),
}).describe('The parameters as one flat JSON Schema (2020-12).');

const tool = strict({
  id: toolName.describe('The name of the tool, unique in the plugin.'),
  entry,
  summary: prose(2000).describe('What it does, in one sentence.'),
  category: line(64).describe('One word under which it is listed.'),
  tags: tags.default([]).describe('Further words to find it by.'),
  params,
  output: jsonSchema.describe('JSON Schema (2020-12) of its result.'),
  capabilities: strict(capabilityLists).describe('What it may do, as domain:action[:scope].'),
  effect: effect.describe('What a run changes.'),
  cache: z.boolean().optional().describe('Whether a result may be that of an earlier run with the same inputs. For effect none alone.'),
  level: level.default('restricted').describe('How much it may use at the most.'),
  risk: risk.optional().describe('How much harm a wrong call does. Default by effect.'),
  examples: z.array(example).max(50).default([]).describe('Calls that work.'),
});

const other = strict({
  id: toolName.describe('Its name, unique among contributions of this kind.'),
  entry,
  summary: prose(2000).describe('What it is, in one sentence.'),
  supports: z.record(z.string(), json).optional().describe('What it can do, as its contract names it.'),
  capabilities: strict(capabilityLists).optional().describe('What it may do, as domain:action[:scope].'),
  configSchema: jsonSchema.optional().describe('JSON Schema (2020-12) of its configuration.'),
});

const provider = strict({
  id: toolName.describe('Its name, unique among providers.'),
  entry,
  summary: prose(2000).describe('Whose models it asks, in one sentence.'),
  supports: strict({
    tools: z.boolean().describe('Whether its models can ask for tools.'),
    images: z.boolean().describe('Whether they can be shown pictures.'),
    schema: z.boolean().describe('Whether they can be held to a JSON Schema.'),
  }).describe('What it can do beyond text.'),
  catalog: inside.optional().describe("A JSON file that says what is known of its models, relative to the package's folder."),
  isLanguageModel: z.boolean().default(true).describe('Whether language models answer: false for what only plays one.'),
  capabilities: strict(capabilityLists).optional().describe('What it may do, as domain:action[:scope].'),
  configSchema: jsonSchema.optional().describe('JSON Schema (2020-12) of its configuration.'),
});

const engine = strict({
  id: toolName.describe('Its name, unique among engines.'),
  entry,
  summary: prose(2000).describe('How it hands on runs, in one sentence.'),
  supports: strict({
    interrupts: z.boolean().describe('Whether a run that a worker is at can be cancelled.'),
  }).describe('What it can do.'),
});

const runtime = strict({
  id: toolName.describe('Its name, unique among runtimes.'),
  entry,
  summary: prose(2000).describe('What it runs, in one sentence.'),
  languages: z
    .record(
      z
        .string()
        .max(32)
        .regex(/^[a-z][a-z0-9+#-]*$/, 'a name such as python'),
      z.array(z.string().max(16).regex(/^\.[A-Za-z0-9]+$/, 'an ending such as .py')).max(20),
    )
    .describe('What it runs, each with the endings of its files.'),
  isolation: z.enum(['isolate', 'sandbox']).describe("isolate: code stays in toka's process, in an interpreter of its own; sandbox: in a program of its own."),
  supports: strict({
    calls: z.boolean().describe('Whether code can call tools.'),
    requirements: z.boolean().describe('Whether it installs what code requires.'),
    binary: z.boolean().optional().describe('Whether what it runs is no text.'),
  }).describe('What it can do.'),
});

const analyser = strict({
  id: toolName.describe('Its name, unique among analysers.'),
  entry,
  summary: prose(2000).describe('What it finds, in one sentence.'),
  options: z
    .record(
      z
        .string()
        .max(64)
        .regex(/^[a-z][A-Za-z0-9]*$/, 'a name such as minimumRuns'),
      strict({
        description: prose(1000).describe('What it decides.'),
        default: z.number().describe('The value where none is given.'),
        minimum: z.number().describe('The least value.'),
        maximum: z.number().describe('The greatest value.'),
      }),
    )
    .default({})
    .describe('The numbers that decide what is found.'),
});

function contributions<S extends z.ZodType>(schema: S, what: string) {
  return z.array(schema).max(500).default([]).describe(what);
}

/** The static `toka` block of a plugin's package.json, manifest version 1. Listing a plugin reads this and imports nothing. */
export const pluginManifest = strict({
  manifestVersion: z.literal(1).describe('The version of this format.'),
  api: z
    .string()
    .regex(/^\^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/, 'a range of the plugin API such as ^1.0')
    .describe('The versions of the plugin API it works with: ^MAJOR.MINOR.'),
  contributes: strict({
    tools: contributions(tool, 'Tools.'),
    runtimes: contributions(runtime, 'Runtimes of languages.'),
    storage: contributions(other, 'Storage backends.'),
    providers: contributions(provider, 'Providers of models.'),
    engines: contributions(engine, 'Engines of durable execution.'),
    analysers: contributions(analyser, 'Analysers of what was recorded.'),
    search: contributions(other, 'Search over tools.'),
    doors: contributions(other, 'Doors by which requests come in.'),
    identity: contributions(other, 'Providers of identity.'),
  }).describe('What the plugin adds.'),
  capabilities: strict(capabilityLists).optional().describe('What the plugin itself may do, as domain:action[:scope].'),
  configSchema: jsonSchema.optional().describe("JSON Schema (2020-12) of the plugin's configuration."),
}).describe('The toka block of package.json.');

/** What is read of package.json beside the block. */
export const packageFile = z.object({ name: z.string().min(1).max(214), version: semver, toka: pluginManifest });

export type PluginManifest = z.output<typeof pluginManifest>;
export type PluginTool = PluginManifest['contributes']['tools'][number];
