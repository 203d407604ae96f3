import type { JsonSchema, ModelTool } from '@toka/sdk';
import { termsOf } from '../../registry/search/terms.ts';

/** A parameter as the definition of a tool shows it. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

export function parametersOf({ params }: ModelTool): Parameter[] {
  const { properties = {}, required = [] } = params as { readonly properties?: Readonly<Record<string, JsonSchema>>; readonly required?: readonly string[] };
  return Object.entries(properties).map(([name, schema]) => {
    const { description } = schema;
    return { name, schema, description: typeof description === 'string' ? description : name, isRequired: required.includes(name) };
  });
}

/** What a tool speaks of. */
export function termsOfTool(tool: ModelTool): string[] {
  return termsOf([tool.name, tool.description, ...parametersOf(tool).flatMap(({ description, name }) => [name, description])].join(' '));
}
