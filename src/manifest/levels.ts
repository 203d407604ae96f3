import type { Level } from './tool.ts';

/** The most that a tool of a level may use: memory in bytes, CPU in per cent of one core, wall clock in milliseconds (FEATURES C3). */
export const LEVELS = {
  restricted: { memory: 128 * 1024 ** 2, cpu: 25, timeoutMs: 30_000 },
  standard: { memory: 512 * 1024 ** 2, cpu: 50, timeoutMs: 300_000 },
  elevated: { memory: 1024 ** 3, cpu: 75, timeoutMs: 1_800_000 },
} as const satisfies Record<Level, { memory: number; cpu: number; timeoutMs: number }>;
