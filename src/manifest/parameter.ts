import * as z from 'zod';
import { argument, json, line, prose, role, strict } from './parts.ts';

/** Programs take these as instructions about themselves; no parameter may choose them. */
const LOADER_VARIABLES = /^(?!(?:LD_|DYLD_|BASH_|GIT_CONFIG|NODE_|PERL5|RUBY|PYTHON(?:PATH|HOME|STARTUP)$)|(?:PATH|IFS|ENV|SHELLOPTS)$)/;

const flag = argument(64).regex(/^--?[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'a flag such as --name');
const variable = argument(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
  .regex(LOADER_VARIABLES, 'a variable that does not change how programs are loaded');

export const pass = z
  .union([
    strict({
      flag: flag.describe('The flag that stands before the value, with its dashes; a boolean is the flag alone.'),
      style: z.enum(['separate', 'equals']).default('separate').describe('Whether flag and value are two arguments or one, joined by =.'),
    }),
    strict({ positional: z.int().min(1).max(200).describe('The place among the positional arguments, counted from 1.') }),
    strict({
      file: flag.describe('The flag that stands before the path of a file with the value, which exists inside the sandbox only.'),
      style: z.enum(['separate', 'equals']).default('separate').describe('Whether flag and path are two arguments or one, joined by =.'),
    }),
    strict({ env: variable.describe('The environment variable that holds the value.') }),
    strict({ stdin: z.literal(true).describe('The value is a member of the JSON object on stdin; executable.stdin must be json.') }),
  ])
  .describe('How the value reaches the process: exactly one of flag, positional, file, env and stdin.');

const pattern = z
  .string()
  .max(500)
  .refine(compiles, 'a regular expression that compiles')
  .meta({ format: 'regex' })
  .describe('A regular expression (ECMAScript, unicode) that the text must match; it must compile.');

const length = z.int().min(0).max(1_000_000);
const minLength = length.optional().describe('The least number of characters.');
const maxLength = length.optional().describe('The greatest number of characters.');
const words = z
  .array(line(200))
  .min(1)
  .max(500)
  .refine(distinct, 'values that differ')
  .meta({ uniqueItems: true })
  .describe('The values that are allowed, all different.');

const textLimits = { minLength, maxLength, pattern: pattern.optional() };
const numberLimits = {
  minimum: z.number().optional().describe('The least value.'),
  maximum: z.number().optional().describe('The greatest value.'),
};
const integerLimits = {
  minimum: z.int().optional().describe('The least value.'),
  maximum: z.int().optional().describe('The greatest value.'),
};

const items = z
  .discriminatedUnion('type', [
    strict({ type: z.literal('string'), ...textLimits }),
    strict({ type: z.literal('integer'), ...integerLimits }),
    strict({ type: z.literal('number'), ...numberLimits }),
    strict({ type: z.literal('boolean') }),
    strict({ type: z.literal('enum'), enum: words }),
    strict({ type: z.literal('object') }),
    strict({ type: z.literal('path') }),
  ])
  .describe('What each entry of the list is.');

const common = {
  name: z
    .string()
    .max(64)
    .regex(/^[a-z][A-Za-z0-9]*(-[a-z0-9]+)*$/, 'a name such as maxBytes or max-bytes')
    .regex(/^(?!(help|json|params)$)/, 'a name other than help, json and params, which toka keeps for itself')
    .describe('The name; on the command line it becomes --name. help, json and params are reserved.'),
  description: prose(1000).describe('What it means, for people and for models.'),
  required: z.boolean().default(false).describe('Whether a run without it is refused; then it has no default.'),
  position: z.int().min(1).max(200).optional().describe("Its place, counted from 1, among the bare words on toka's own command line."),
  pass: pass.optional(),
  role: role.optional(),
};

function standard<S extends z.ZodType>(schema: S) {
  return schema.optional().describe('The value where none is given; it must itself be valid.');
}

/** One parameter; the type decides which limits it may have. */
export const parameter = z.discriminatedUnion('type', [
  strict({ ...common, type: z.literal('string'), default: standard(z.string()), ...textLimits }),
  strict({ ...common, type: z.literal('integer'), default: standard(z.int()), ...integerLimits }),
  strict({ ...common, type: z.literal('number'), default: standard(z.number()), ...numberLimits }),
  strict({ ...common, type: z.literal('boolean'), default: standard(z.boolean()) }),
  strict({ ...common, type: z.literal('enum'), default: standard(z.string()), enum: words }),
  strict({
    ...common,
    type: z.literal('array'),
    default: standard(z.array(json)),
    items,
    minItems: z.int().min(0).max(100_000).optional().describe('The least number of entries.'),
    maxItems: z.int().min(0).max(100_000).optional().describe('The greatest number of entries.'),
  }),
  strict({ ...common, type: z.literal('object'), default: standard(z.record(z.string(), json)) }),
  strict({ ...common, type: z.literal('path'), default: standard(z.string()) }),
  strict({ ...common, type: z.literal('secret') }),
]);

export type Parameter = z.output<typeof parameter>;
export type PassDeclaration = z.output<typeof pass>;
export type Items = z.output<typeof items>;

function compiles(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

function distinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
