/** Any value that survives a round trip through JSON. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A JSON Schema (draft 2020-12) as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * The schema of one parameter. Beside the JSON Schema keywords it may carry toka's own:
 *
 * - `x-type`: `path` (resolved against the caller's folder, usable in capabilities as `{name}`) or `secret` (never shown or stored; also inside
 *   `items`, `properties` and the like);
 * - `x-position`: the place, counted from 1, that the parameter takes among bare words on toka's command line;
 * - `x-role`: what its value decides when an agent chooses it, `content` being nothing. Default: by type, format and name.
 */
export interface PropertySchema extends JsonSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly description: string;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly items?: JsonSchema;
  readonly 'x-type'?: 'path' | 'secret';
  readonly 'x-position'?: number;
  readonly 'x-role'?: 'recipient' | 'url' | 'path' | 'command' | 'content';
}

/** The schema of a tool's parameters: a flat object, so that each property becomes a command-line flag. */
export interface ParamsSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, PropertySchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
}
