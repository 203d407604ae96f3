import type { ToolContext } from './context.ts';
import type { JsonSchema, ParamsSchema, PropertySchema } from './json.ts';

/**
 * What a run of the tool changes outside itself: nothing and reads nothing (`none`), nothing but it reads (`read`), something that a second
 * run leaves as it is (`idempotent`), something that a second run changes again (`external`), something that needs a person (`privileged`).
 */
export type Effect = 'none' | 'read' | 'idempotent' | 'external' | 'privileged';

/**
 * Capabilities as `domain:action[:scope]`. A scope may name a parameter of type path: `fs:read:{path}` stands for the file it names, or
 * for the whole tree where it names a folder.
 */
export interface ToolCapabilities {
  /** Without these the run is denied. */
  readonly required?: readonly string[];
  /** Those that are not granted fall away; the tool finds them in `ctx.missing`. */
  readonly optional?: readonly string[];
}

type Value<P extends PropertySchema> = P extends { enum: readonly (infer E)[] }
  ? E
  : P['type'] extends 'string'
    ? string
    : P['type'] extends 'integer' | 'number'
      ? number
      : P['type'] extends 'boolean'
        ? boolean
        : P['type'] extends 'array'
          ? P extends { items: { type: 'string' } }
            ? string[]
            : P extends { items: { type: 'integer' | 'number' } }
              ? number[]
              : unknown[]
          : Record<string, unknown>;

type Always<S extends ParamsSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { default: unknown }
    ? K
    : S extends { required: readonly (infer R)[] }
      ? K extends R
        ? K
        : never
      : never;
}[keyof S['properties']];

/** The parameters as the tool receives them: checked, with defaults filled in. */
export type Params<S extends ParamsSchema> = {
  [K in Always<S>]: Value<S['properties'][K]>;
} & {
  [K in Exclude<keyof S['properties'], Always<S>>]?: Value<S['properties'][K]>;
};

/** A tool written in TypeScript or JavaScript. */
export interface ToolDefinition<S extends ParamsSchema = ParamsSchema, R = unknown> {
  readonly name: string;
  /** One sentence, without a full stop at the end. */
  readonly summary: string;
  readonly category: string;
  readonly tags?: readonly string[];
  readonly params: S;
  /** JSON Schema of the value that `run` resolves to. */
  readonly output: JsonSchema;
  readonly capabilities: ToolCapabilities;
  readonly effect: Effect;
  /**
   * Whether the result of a run may be that of an earlier one: with the same parameters, and the same content of all that its capabilities let it
   * read. Only for effect `none`. Default false.
   */
  readonly cache?: boolean;
  /** How much it may use: `restricted` 30 s, `standard` 300 s, `elevated` 1,800 s and the network, where granted. Default `restricted`. */
  readonly level?: 'restricted' | 'standard' | 'elevated';
  /** How much harm a wrong call does. `high` needs somebody's word for just this tool, as effect `privileged` does. Default by effect. */
  readonly risk?: 'low' | 'medium' | 'high';
  readonly examples?: readonly { readonly description: string; readonly params: Readonly<Record<string, unknown>> }[];
  /** The result as text for people and models; without it they see the result as JSON. Ends with a line break. */
  print?(result: NoInfer<R>): string;
  /**
   * Does the work. A result with `ok: false` (and `code`, `message`) makes a failed run that still delivers its data; an error with a code
   * (see `coded`) makes a failed run without data.
   */
  run(params: Params<S>, ctx: ToolContext): Promise<R>;
}

/**
 * Defines a tool; the types of its parameters follow from their schema.
 *
 * @param definition Everything there is to know about the tool. Only `run` executes; all else is static data.
 * @returns The same definition.
 * @example
 * export default defineTool({
 *   name: 'line-count',
 *   summary: 'Count the lines of a text file',
 *   category: 'files',
 *   params: {
 *     type: 'object',
 *     properties: { path: { type: 'string', description: 'The file', 'x-type': 'path', 'x-position': 1 } },
 *     required: ['path'],
 *     additionalProperties: false,
 *   },
 *   output: { type: 'object', properties: { lines: { type: 'integer' } }, required: ['lines'] },
 *   capabilities: { required: ['fs:read:{path}'] },
 *   effect: 'read',
 *   async run({ path }, ctx) {
 *     return { lines: (await ctx.fs.readText(path)).split('\n').length };
 *   },
 * });
 */
export function defineTool<const S extends ParamsSchema, R>(definition: ToolDefinition<S, R>): ToolDefinition<S, R> {
  return definition;
}
