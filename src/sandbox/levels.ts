import type { Level, SandboxOverrides } from '../manifest/tool.ts';
import type { Limits } from './plan.ts';

const MiB = 1024 * 1024;

/** What a tool of each level may use at the most. CPU is per cent of one core. Only `elevated` may be granted the network. */
export const LEVELS: Readonly<Record<Level, Limits>> = {
  restricted: { memory: 128 * MiB, cpu: 25, pids: 64, timeoutMs: 30_000, maxOutput: 8 * MiB, maxDisk: 100 * MiB },
  standard: { memory: 512 * MiB, cpu: 50, pids: 256, timeoutMs: 300_000, maxOutput: 32 * MiB, maxDisk: 512 * MiB },
  elevated: { memory: 1024 * MiB, cpu: 75, pids: 1024, timeoutMs: 1_800_000, maxOutput: 128 * MiB, maxDisk: 2048 * MiB },
};

/** Whether a tool of this level may be granted the network. */
export function mayUseNetwork(level: Level): boolean {
  return level === 'elevated';
}

/** The limits of a level, lowered (never raised) by each of the overrides. */
export function limitsOf(level: Level, ...overrides: readonly SandboxOverrides[]): Limits {
  return overrides.reduce(lower, LEVELS[level]);
}

function lower(limits: Limits, overrides: SandboxOverrides): Limits {
  const least = (name: keyof Limits): number => Math.min(limits[name], overrides[name] ?? Infinity);
  return {
    memory: least('memory'),
    cpu: least('cpu'),
    pids: least('pids'),
    timeoutMs: least('timeoutMs'),
    maxOutput: least('maxOutput'),
    maxDisk: least('maxDisk'),
  };
}
