import type { Effect, JsonSchema, ModelTool } from '@toka/sdk';
import type { Tool } from '../../manifest/tool.ts';

/** What a protocol puts around a definition, at the most. */
const WRAPPING_BYTES = 64;
const SUMMARY_LENGTH = 200;

/** Keywords whose members are schemas by name, and keywords whose value is no schema at all. */
const NAMED_SCHEMAS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const VALUES = new Set(['const', 'default', 'enum', 'examples']);

/** How a model may be shown a tool. */
export interface Form {
  readonly definition: ModelTool;
  /** How much of a request it takes. */
  readonly bytes: number;
}

/** The forms of a tool, the best first: whole; without what explains its parameters; without these. */
export function* formsOf(tool: Tool, name: string): Generator<Form & { readonly isOpaque: boolean }> {
  const params = withoutKeywords(tool.params, (keyword) => keyword.startsWith('x-'));
  yield { ...formOf({ name, description: tool.description + changesOf(tool), params }), isOpaque: false };
  const bare = withoutKeywords(params, (keyword) => keyword === 'description' || keyword === 'examples');
  yield { ...formOf({ name, description: summaryOf(tool), params: bare }), isOpaque: false };
  yield { ...formOf({ name, description: summaryOf(tool), params: { type: 'object' } }), isOpaque: true };
}

export function formOf(definition: ModelTool): Form {
  return { definition, bytes: Buffer.byteLength(JSON.stringify(definition)) + WRAPPING_BYTES };
}

/** The first line of what it says of itself, with what it changes. */
export function summaryOf(tool: Tool): string {
  const [line = ''] = tool.description.split('\n');
  return line.slice(0, SUMMARY_LENGTH).toWellFormed() + changesOf(tool);
}

/** What the definition says that the tool changes; undefined: nothing. */
export function effectOf({ description }: ModelTool): Effect | undefined {
  return /\(effect: (idempotent|external|privileged)\)$/.exec(description)?.[1] as Effect | undefined;
}

/** A model should know what changes something. */
function changesOf({ effect }: Tool): string {
  return effect === 'none' || effect === 'read' ? '' : ` (effect: ${effect})`;
}

function withoutKeywords(schema: JsonSchema, isLeftOut: (keyword: string) => boolean): JsonSchema {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    return isObject(value) ? withoutKeywords(value, isLeftOut) : value;
  };
  const kept = Object.entries(schema).filter(([keyword]) => !isLeftOut(keyword));
  return Object.fromEntries(
    kept.map(([keyword, value]) => {
      if (VALUES.has(keyword)) return [keyword, value];
      if (NAMED_SCHEMAS.has(keyword) && isObject(value)) return [keyword, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)]))];
      return [keyword, inner(value)];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
