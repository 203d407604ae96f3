import type { Tool } from '../../manifest/tool.ts';
import { termsOf } from './terms.ts';

/** How often a term of the name counts. */
const NAME_WEIGHT = 3;

/** What a tool is found by: its name, what it says of itself, its tags, its parameters, and where it comes from. */
export function toolTerms({ name, description, tags, category, source, params }: Pick<Tool, 'name' | 'description' | 'tags' | 'category' | 'source' | 'params'>): string[] {
  const parameters = Object.entries(params.properties).flatMap(([parameter, schema]) => [parameter, schema.description]);
  return [...Array.from({ length: NAME_WEIGHT }, () => termsOf(name)).flat(), ...[description, ...tags, category, source, ...parameters].flatMap(termsOf)];
}
