import type { JsonValue } from '@toka/sdk';
import type { z } from 'zod';
import { checkCache } from './cache-checks.ts';
import { quote, type Issue, type Path } from './issue.ts';
import { checkResultSchema } from './json-schema.ts';
import { LEVELS } from './levels.ts';
import { nearest } from './nearest.ts';
import { checkParameters, type Indexed } from './parameter-checks.ts';
import type { Parameter } from './parameter.ts';
import { manifestParts, MAX_PARAMETERS, type ExecutableDeclaration, type ToolManifest } from './tool-manifest.ts';
import { printDuration, printPercent, printSize } from './units.ts';
import { checkValue } from './values.ts';

/** Says what is wrong with the text of a capability, or nothing. The capability floor, which stands above, knows its domains. */
export type CheckCapability = (text: string) => string | undefined;

type Capabilities = ToolManifest['spec']['capabilities'];
type Security = ToolManifest['spec']['security'];
type Example = ToolManifest['spec']['examples'][number];

/** What of a manifest is valid by itself. */
interface Salvaged {
  readonly executable: ExecutableDeclaration | undefined;
  readonly parameters: readonly Indexed<Parameter>[];
  /** Whether parameters are missing from the list because they are not valid. */
  readonly incomplete: boolean;
  readonly capabilities: Capabilities | undefined;
  readonly security: Security | undefined;
  readonly examples: readonly Indexed<Example>[];
  readonly output: unknown;
  readonly cache: unknown;
  readonly effect: unknown;
}

/** Finds what the schema cannot say, in a valid manifest. */
export function checkManifest({ spec }: ToolManifest, checkCapability?: CheckCapability): Issue[] {
  return checkSalvaged(
    {
      executable: spec.executable,
      parameters: spec.parameters.map((value, index) => ({ index, value })),
      incomplete: false,
      capabilities: spec.capabilities,
      security: spec.security,
      examples: spec.examples.map((value, index) => ({ index, value })),
      output: spec.outputs?.schema,
      cache: spec.cache,
      effect: spec.effect,
    },
    checkCapability,
  );
}

/** The same for a manifest that its schema refuses: each part that is valid by itself is checked, so that all problems show at once. */
export function checkRemains(value: unknown, checkCapability?: CheckCapability): Issue[] {
  const spec = member(value, 'spec');
  const parameters = salvageList(manifestParts.parameter, member(spec, 'parameters'));
  return checkSalvaged(
    {
      executable: salvage(manifestParts.executable, member(spec, 'executable')),
      parameters: parameters.valid,
      incomplete: !parameters.complete,
      capabilities: salvage(manifestParts.capabilities, member(spec, 'capabilities')),
      security: salvage(manifestParts.security, member(spec, 'security')),
      examples: salvageList(manifestParts.example, member(spec, 'examples')).valid,
      output: member(member(spec, 'outputs'), 'schema'),
      cache: member(spec, 'cache'),
      effect: member(spec, 'effect'),
    },
    checkCapability,
  );
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function salvage<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  return value === undefined ? undefined : schema.safeParse(value).data;
}

function salvageList<S extends z.ZodType>(schema: S, value: unknown): { valid: Indexed<z.output<S>>[]; complete: boolean } {
  if (!Array.isArray(value) || value.length > MAX_PARAMETERS) return { valid: [], complete: value === undefined };
  const valid = value.flatMap((entry, index) => {
    const data = salvage(schema, entry);
    return data === undefined ? [] : [{ index, value: data }];
  });
  return { valid, complete: valid.length === value.length };
}

function checkSalvaged(parts: Salvaged, checkCapability: CheckCapability | undefined): Issue[] {
  return [
    ...checkParameters(parts.parameters, parts.executable, ['spec', 'parameters']),
    ...(parts.output === undefined ? [] : checkResultSchema(parts.output, ['spec', 'outputs', 'schema'])),
    ...checkCapabilities(parts, checkCapability),
    ...checkCache({ ...parts, ...(parts.executable && 'stdin' in parts.executable ? { stdin: parts.executable.stdin } : {}) }, ['spec', 'cache']),
    ...(parts.security === undefined ? [] : checkLimits(parts.security)),
    ...parts.examples.flatMap((example) => checkExample(example, parts)),
  ];
}

function checkCapabilities({ capabilities, parameters, incomplete }: Salvaged, checkCapability: CheckCapability | undefined): Issue[] {
  if (capabilities === undefined) return [];
  const named = (is: (parameter: Parameter) => boolean): string[] => parameters.filter(({ value }) => is(value)).map(({ value }) => value.name);
  const templates = { paths: incomplete ? undefined : named(isPath), secrets: named(({ type }) => type === 'secret') };
  return (['required', 'optional'] as const).flatMap((list) =>
    capabilities[list].flatMap((text, index) => checkCapabilityText(text, ['spec', 'capabilities', list, index], templates, checkCapability)),
  );
}

/** Names of parameters, by what becomes of them in a capability. */
export interface Templates {
  /** Those that may stand in one; `undefined` where they are not known. */
  readonly paths: readonly string[] | undefined;
  readonly secrets: readonly string[];
}

/** Checks the text of one capability and the templates in it. */
export function checkCapabilityText(
  text: string,
  path: Path,
  templates: Templates,
  checkCapability: CheckCapability = () => undefined,
): Issue[] {
  const wrong = checkCapability(text);
  if (wrong !== undefined) return [{ path, code: 'bad-value', expected: `a capability (${wrong})`, found: quote(text) }];
  return text.includes('{') ? checkTemplates(text, templates, path) : [];
}

/** Every `{name}` in a scope stands for a parameter of type path. */
function checkTemplates(text: string, { paths, secrets }: Templates, path: Path): Issue[] {
  return [...text.matchAll(/\{([^{}]*)\}?/g)].flatMap(([whole, name = '']): Issue[] => {
    if (secrets.includes(name)) {
      const expected = 'no secret in a capability, since what is granted or denied is shown and recorded; use a parameter of type path';
      return [{ path, code: 'conflict', expected, found: quote(whole) }];
    }
    if (paths === undefined || (paths.includes(name) && whole.endsWith('}'))) return [];
    const suggestion = nearest(name, paths);
    return [
      {
        path,
        code: 'unknown-name',
        expected: '{name} of a parameter of type path or a list of paths',
        found: quote(whole),
        ...(suggestion === undefined || suggestion === name ? {} : { suggestion: `{${suggestion}}` }),
      },
    ];
  });
}

function isPath(parameter: Parameter): boolean {
  return parameter.type === 'path' || (parameter.type === 'array' && parameter.items.type === 'path');
}

function checkLimits({ level, sandbox }: Security): Issue[] {
  const most = LEVELS[level];
  const compared = [
    ['memory', sandbox.memory, most.memory, printSize],
    ['cpu', sandbox.cpu, most.cpu, printPercent],
    ['pids', sandbox.pids, most.pids, String],
    ['timeout', sandbox.timeout, most.timeoutMs, printDuration],
    ['maxOutput', sandbox.maxOutput, most.maxOutput, printSize],
    ['maxDisk', sandbox.maxDisk, most.maxDisk, printSize],
  ] as const;
  return compared.flatMap(([key, asked, limit, print]): Issue[] => {
    if (asked === undefined || asked <= limit) return [];
    const expected = `at most ${print(limit)}, the figure of level ${level}`;
    return [{ path: ['spec', 'security', 'sandbox', key], code: 'out-of-range', expected, found: print(asked) }];
  });
}

function checkExample({ index, value }: Indexed<Example>, { parameters, incomplete }: Salvaged): Issue[] {
  if (incomplete) return [];
  const declared = new Map(parameters.map((parameter) => [parameter.value.name, parameter.value]));
  return checkExampleParams(value.params, declared, ['spec', 'examples', index, 'params']);
}

function checkExampleParams(params: Readonly<Record<string, JsonValue>>, declared: ReadonlyMap<string, Parameter>, path: Path): Issue[] {
  const given = Object.entries(params).flatMap(([name, value]): Issue[] => {
    const parameter = declared.get(name);
    if (parameter === undefined) return [unknownParameter(name, [...declared.keys()], path)];
    if (parameter.type === 'secret') return [{ path: [...path, name], at: 'key', code: 'conflict', expected: 'no secret in an example' }];
    return checkValue(parameter, value, [...path, name]);
  });
  const absent = [...declared.values()].filter(({ name, required, type }) => required && type !== 'secret' && !Object.hasOwn(params, name));
  return [
    ...given,
    ...absent.map(({ name }): Issue => ({ path: [...path, name], at: 'key', code: 'missing-key', expected: 'each required parameter' })),
  ];
}

function unknownParameter(name: string, names: readonly string[], path: Path): Issue {
  const suggestion = nearest(name, names);
  return {
    path: [...path, name],
    at: 'key',
    code: 'unknown-name',
    expected: names.length === 0 ? 'no parameters' : `one of the parameters ${names.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion: quote(suggestion) }),
  };
}
