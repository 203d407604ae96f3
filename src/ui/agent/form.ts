import { resolve } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { checkJsonSchema } from '../../manifest/json-schema.ts';
import { issuesError, parseOrThrow } from '../../manifest/load.ts';
import { problemsError, toProblem } from '../../manifest/problems.ts';
import { readTextFile } from '../../manifest/read.ts';
import { quote } from '../../manifest/issue.ts';

/**
 * Reads the JSON Schema that an answer must match, as JSON or YAML.
 *
 * @throws TokaError TOKA_MANIFEST_INVALID
 */
export function readForm(name: string, cwd: string): JsonObject {
  const file = resolve(cwd, name);
  const read = readTextFile(file);
  if ('issue' in read) throw problemsError('TOKA_MANIFEST_INVALID', file, [toProblem(read.issue)]);
  const parsed = parseOrThrow('TOKA_MANIFEST_INVALID', read.text, file);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw issuesError('TOKA_MANIFEST_INVALID', file, [{ path: [], code: 'wrong-type', expected: 'a JSON Schema as a map', found: quote(value) }], parsed);
  }
  const issues = checkJsonSchema(value, []);
  if (issues.length > 0) throw issuesError('TOKA_MANIFEST_INVALID', file, issues, parsed);
  return value;
}
