import { dirname, isAbsolute, resolve } from 'node:path';
import type { Effect } from '@toka/sdk';
import { expandAlias } from './aliases.ts';
import type { Items, Parameter, PassDeclaration } from './parameter.ts';
import { isProcess } from './parameter-checks.ts';
import type { ExecutableDeclaration, ToolManifest } from './tool-manifest.ts';
import type { Executable, Origin, ParameterSchema, ParametersSchema, Pass, SandboxOverrides, Tool } from './tool.ts';

const RISKS = {
  none: 'low',
  read: 'low',
  idempotent: 'medium',
  external: 'medium',
  privileged: 'high',
} as const satisfies Record<Effect, Tool['risk']>;

/** The risk of a tool that does not declare its own. */
export function defaultRisk(effect: Effect): Tool['risk'] {
  return RISKS[effect];
}

/**
 * Turns a valid manifest into the form that the registry holds.
 *
 * @param manifest A manifest that its schema and `checkManifest` accept.
 * @param source What qualifies the name: `project`, `user`, a plugin's short name.
 * @param origin Where the manifest stands; paths in it are relative to its folder.
 */
export function normalise({ metadata, spec }: ToolManifest, source: string, origin: Origin): Tool {
  const { level, risk, sandbox } = spec.security;
  return {
    name: metadata.name,
    qualified: `${source}/${metadata.name}`,
    source,
    origin,
    version: metadata.version,
    category: metadata.category,
    description: metadata.description,
    ...(metadata.author === undefined ? {} : { author: metadata.author }),
    tags: metadata.tags,
    executable: normaliseExecutable(spec.executable, spec.parameters, dirname(origin.file)),
    params: toSchema(spec.parameters),
    ...(spec.outputs === undefined ? {} : { output: spec.outputs.schema }),
    capabilities: normaliseCapabilities(spec.capabilities),
    effect: spec.effect,
    ...(spec.cache ? { cache: true } : {}),
    level,
    risk: risk ?? defaultRisk(spec.effect),
    sandbox: normaliseSandbox(sandbox),
    examples: spec.examples.map(({ description, params, exitCode }) => ({
      description,
      params,
      ...(exitCode === undefined ? {} : { exitCode }),
    })),
  };
}

/** What the longer names stand for, in their place. */
export function normaliseCapabilities({ required, optional }: Tool['capabilities']): Tool['capabilities'] {
  return { required: required.flatMap(expandAlias), optional: optional.flatMap(expandAlias) };
}

/** The absolute path of a file that a manifest names; the plain name of an external program stays as it is. */
export function executableFile(declared: ExecutableDeclaration, folder: string): string {
  const path = declared.type === 'native' ? declared.entry : declared.path;
  const isName = (declared.type === 'external' || declared.type === 'mcp') && !path.includes('/');
  return isName || isAbsolute(path) ? path : resolve(folder, path);
}

function normaliseExecutable(declared: ExecutableDeclaration, parameters: readonly Parameter[], folder: string): Executable {
  const path = executableFile(declared, folder);
  if (declared.type === 'native') return { type: 'native', entry: path };
  if (!isProcess(declared)) return { type: declared.type, path };
  const { args, workingDirectory, stdin } = declared;
  const process = { path, args, workingDirectory, stdin, pass: normalisePasses(parameters) };
  return declared.type === 'external'
    ? { type: 'external', ...process }
    : { type: declared.type, interpreter: declared.interpreter, ...process };
}

function normalisePasses(parameters: readonly Parameter[]): Record<string, Pass> {
  return Object.fromEntries(parameters.flatMap(({ name, pass }) => (pass === undefined ? [] : [[name, normalisePass(pass)]])));
}

function normalisePass(pass: PassDeclaration): Pass {
  if ('flag' in pass) return { kind: 'flag', flag: pass.flag, style: pass.style };
  if ('file' in pass) return { kind: 'file', flag: pass.file, style: pass.style };
  if ('positional' in pass) return { kind: 'positional', position: pass.positional };
  return 'env' in pass ? { kind: 'env', name: pass.env } : { kind: 'stdin' };
}

function toSchema(parameters: readonly Parameter[]): ParametersSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, toProperty(parameter)])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

function toProperty(parameter: Parameter): ParameterSchema {
  const { name: _name, required: _required, pass: _pass, position, role, type: _type, description, ...rest } = parameter;
  const items = parameter.type === 'array' ? { items: toItems(parameter.items) } : {};
  return {
    ...typeOf(parameter.type),
    description,
    ...defined(rest),
    ...items,
    ...(position === undefined ? {} : { 'x-position': position }),
    ...(role === undefined ? {} : { 'x-role': role }),
  };
}

function toItems({ type, ...rest }: Items): Record<string, unknown> {
  return { ...typeOf(type), ...defined(rest) };
}

function typeOf(type: Parameter['type']): Pick<ParameterSchema, 'type' | 'x-type'> {
  if (type === 'path' || type === 'secret') return { type: 'string', 'x-type': type };
  return { type: type === 'enum' ? 'string' : type };
}

function normaliseSandbox({ timeout, ...rest }: ToolManifest['spec']['security']['sandbox']): SandboxOverrides {
  return { ...defined(rest), ...(timeout === undefined ? {} : { timeoutMs: timeout }) };
}

function defined(value: object): Record<string, never> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Record<string, never>;
}
