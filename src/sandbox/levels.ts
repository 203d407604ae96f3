import { LEVELS } from '../manifest/levels.ts';
import type { Level, SandboxOverrides } from '../manifest/tool.ts';
import type { Limits } from './plan.ts';

/** The limits of a level, lowered (never raised) by each of the overrides. */
export function limitsOf(level: Level, ...overrides: readonly SandboxOverrides[]): Limits {
  return overrides.reduce(lower, LEVELS[level]);
}

function lower(limits: Limits, overrides: SandboxOverrides): Limits {
  const least = (name: keyof SandboxOverrides): number => Math.min(limits[name], overrides[name] ?? Infinity);
  return {
    memory: least('memory'),
    cpu: least('cpu'),
    pids: least('pids'),
    timeoutMs: least('timeoutMs'),
    maxOutput: least('maxOutput'),
    maxDisk: least('maxDisk'),
  };
}
