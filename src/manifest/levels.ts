import type { Level, SandboxOverrides } from './tool.ts';

const MiB = 1024 ** 2;

/** The most that a tool of a level may use; its manifest may ask for less. */
export const LEVELS: Readonly<Record<Level, Required<SandboxOverrides>>> = {
  restricted: { memory: 128 * MiB, cpu: 25, pids: 64, timeoutMs: 30_000, maxOutput: 8 * MiB, maxDisk: 100 * MiB },
  standard: { memory: 512 * MiB, cpu: 50, pids: 256, timeoutMs: 300_000, maxOutput: 32 * MiB, maxDisk: 512 * MiB },
  elevated: { memory: 1024 * MiB, cpu: 75, pids: 1024, timeoutMs: 1_800_000, maxOutput: 128 * MiB, maxDisk: 2048 * MiB },
};
