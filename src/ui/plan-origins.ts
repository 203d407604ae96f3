import type { Verdict } from '../capability/authorize.ts';
import { matches } from '../capability/glob.ts';
import { scopeGlob } from '../capability/grammar.ts';
import { LEVELS } from '../manifest/levels.ts';
import type { SandboxOverrides, Tool } from '../manifest/tool.ts';
import type { Run } from '../pipeline/run.ts';

/** Who asks for a capability. */
export function needOrigin({ from }: Verdict, tool: Tool | undefined): string {
  const file = tool?.origin.file ?? '';
  const declared = file === '' ? 'the request' : `manifest ${file}`;
  if (from === 'effect') return `effect ${tool?.effect ?? ''} and risk ${tool?.risk ?? ''} of ${declared}`;
  return from === 'program' ? `the program of ${declared}` : declared;
}

/** What grants something, each rule with the reason that it gives. */
export function grantOrigins(granted: Verdict['granted']): string {
  return [...new Set(granted.map(({ source, reason }) => (reason === undefined ? source : `${source}: ${reason}`)))].join(', ');
}

/** Where each part of a plan comes from: its level, its manifest, a grant, a flag. */
export interface PlanOrigins {
  readonly limits: Readonly<Record<keyof SandboxOverrides, string>>;
  /** By path. */
  readonly mounts: Readonly<Record<string, string>>;
  /** By name. */
  readonly env: Readonly<Record<string, string>>;
}

export function planOrigins({ plan, tool, decision, request }: Run): PlanOrigins | undefined {
  if (!plan || !tool) return undefined;
  const permissions = decision?.effective.permissions ?? [];
  const declared = tool.origin.file === '' ? 'the request' : `manifest ${tool.origin.file}`;
  const limitOrigin = (key: keyof SandboxOverrides): string => {
    if (key === 'timeoutMs' && request.timeoutMs !== undefined && plan.limits.timeoutMs === request.timeoutMs) return 'flag --timeout';
    return tool.sandbox[key] !== undefined && tool.sandbox[key] < LEVELS[tool.level][key] ? declared : `level ${tool.level}`;
  };
  const granting = (path: string): string | undefined =>
    permissions.find(({ capability }) => capability.domain === 'fs' && (scopeGlob(capability).tree ?? scopeGlob(capability).prefix) === path)?.source;
  const variable = (name: string): string =>
    permissions.find(({ capability }) => capability.domain === 'env' && matches(scopeGlob(capability), name))?.source ?? (isPassed(tool, name) ? declared : 'every sandbox');
  return {
    limits: Object.fromEntries(Object.keys(LEVELS[tool.level]).map((key) => [key, limitOrigin(key as keyof SandboxOverrides)])) as PlanOrigins['limits'],
    mounts: Object.fromEntries(plan.mounts.map(({ path }) => [path, granting(path === '/' ? '' : path) ?? `the program of ${declared}`])),
    env: Object.fromEntries(Object.keys(plan.env).map((name) => [name, variable(name)])),
  };
}

function isPassed({ executable }: Tool, name: string): boolean {
  return 'pass' in executable && Object.values(executable.pass).some((pass) => pass.kind === 'env' && pass.name === name);
}
