import { resolve as resolvePath } from 'node:path';
import { pointerKeys } from '../../manifest/json-pointer.ts';
import { TokaError } from '../../errors.ts';
import type { ParameterSchema, ParametersSchema } from '../../manifest/tool.ts';
import { MASKED, partSecrets } from '../../manifest/secret-parts.ts';
import type { Mismatch } from '../../registry/validator.ts';
import type { House } from '../house.ts';
import { type Run, settled } from '../run.ts';

/** Fills defaults in, makes paths absolute, and checks every parameter against the manifest. */
export async function validate(run: Run, house: House): Promise<Run> {
  const tool = settled(run, 'tool');
  const given = withDefaults(tool.params, run.request.params);
  const mismatches = await house.mismatches(tool.params, given);
  if (mismatches.length > 0) throw invalid(tool.qualified, tool.params, given, mismatches);
  const params = bare({});
  for (const [name, value] of Object.entries(given)) params[name] = absolute(tool.params.properties[name], value, run.request.cwd);
  return { ...run, params };
}

function withDefaults(schema: ParametersSchema, params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const defaults = Object.entries(schema.properties).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]]));
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  return bare({ ...Object.fromEntries(defaults), ...Object.fromEntries(given) } as Record<string, unknown>);
}

/** The same without a prototype: a parameter may be named like a member of every object, and is not given for that. */
function bare(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, params);
}

function absolute(schema: ParameterSchema | undefined, value: unknown, cwd: string): unknown {
  if (isPath(schema) && typeof value === 'string') return resolvePath(cwd, value);
  if (Array.isArray(value) && isPath(schema?.['items'])) {
    return value.map((each) => (typeof each === 'string' ? resolvePath(cwd, each) : (each as unknown)));
  }
  return value;
}

function isPath(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && (schema as ParameterSchema)['x-type'] === 'path';
}

function invalid(name: string, schema: ParametersSchema, given: Readonly<Record<string, unknown>>, mismatches: readonly Mismatch[]): TokaError {
  const { clean } = partSecrets(schema, given);
  const lines = mismatches.map(({ pointer, message }) => {
    const value = at(clean, pointer);
    const found = pointer === '' || value === MASKED ? '' : `; found ${shown(value)}`;
    return `${pointer === '' ? '' : `${pointer.slice(1)}: `}${message}${found}`;
  });
  return new TokaError('TOKA_PARAM_INVALID', `the parameters of ${name} are not valid: ${lines.join('; ')}`, {
    hint: `toka run ${name} --help shows them`,
    data: { problems: mismatches },
  });
}

/** What stands there; of a secret nothing but that it is one. */
function at(value: unknown, pointer: string): unknown {
  let current = value;
  for (const key of pointerKeys(pointer)) {
    if (current === MASKED) return MASKED;
    current = typeof current === 'object' && current !== null ? (current as Record<string, unknown>)[key] : undefined;
  }
  return current;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
