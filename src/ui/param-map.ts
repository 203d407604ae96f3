import { TokaError } from '../errors.ts';
import { pointerKeys } from '../manifest/json-pointer.ts';
import type { Tool } from '../manifest/tool.ts';
import { flagName } from './flags.ts';
import type { Given } from './params.ts';

/**
 * The parameters of a tool out of what another one gave: those that `--map NAME=/POINTER` names (JSON Pointer, RFC 6901), or all of it.
 *
 * @throws TokaError TOKA_USAGE, TOKA_PARAM_INVALID
 */
export function mapParameters({ values, from }: Given, maps: readonly string[], tool: Tool): Readonly<Record<string, unknown>> {
  if (maps.length > 0) return Object.fromEntries(maps.map((map) => mapOne(map, values, tool)));
  const foreign = Object.keys(values).filter((name) => !Object.hasOwn(tool.params.properties, name));
  if (from === undefined || foreign.length === 0) return values;
  const [name = 'NAME'] = [...tool.params.required, ...Object.keys(tool.params.properties)];
  throw new TokaError('TOKA_PARAM_INVALID', `the result of ${from} holds ${shapeOf(values)}, and ${tool.qualified} takes ${takenBy(tool)}`, {
    hint: `say what is which: --map ${name}=/${foreign[0] ?? ''}`,
    data: { foreign, from },
  });
}

function mapOne(map: string, values: Given['values'], tool: Tool): [string, unknown] {
  const equals = map.indexOf('=');
  const [name, pointer] = [map.slice(0, equals), map.slice(equals + 1)];
  if (equals <= 0 || (pointer !== '' && !pointer.startsWith('/'))) {
    throw new TokaError('TOKA_USAGE', `--map takes NAME=/POINTER, found "${map}"`, { hint: 'write for instance --map path=/entries/0/path' });
  }
  const parameter = Object.keys(tool.params.properties).find((each) => each === name || flagName(each) === name);
  if (parameter === undefined) throw new TokaError('TOKA_PARAM_INVALID', `${tool.qualified} has no parameter ${name}: it takes ${takenBy(tool)}`, { hint: `toka run ${tool.name} --help shows them` });
  return [parameter, at(pointer, values)];
}

function at(pointer: string, values: Given['values']): unknown {
  let value: unknown = values;
  let passed = '';
  for (const key of pointerKeys(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      throw new TokaError('TOKA_PARAM_INVALID', `--map ${pointer} leads to nothing: ${passed === '' ? 'what was given' : passed} is ${kindOf(value)}`, { hint: 'look at what was given', data: { pointer, passed } });
    }
    value = (value as Record<string, unknown>)[key];
    passed += `/${key}`;
  }
  return value;
}

function shapeOf(values: Given['values']): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} (${Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value})`)
    .join(', ');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object with ${Object.keys(value).join(', ') || 'nothing'}`;
  return value === null ? 'null' : `a ${typeof value}`;
}

function takenBy({ params }: Tool): string {
  const names = Object.entries(params.properties).map(([name, { type }]) => `${name} (${type}${params.required.includes(name) ? ', required' : ''})`);
  return names.join(', ') || 'no parameters';
}
