import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS } from '../../src/manifest/levels.ts';
import { limitsOf } from '../../src/sandbox/levels.ts';
import type { Limits } from '../../src/sandbox/plan.ts';

const MiB = 1024 * 1024;
const NAMES = Object.keys(LEVELS.restricted) as Exclude<keyof Limits, 'cpuMs'>[];

describe('levels', () => {
  it('have the documented figures', () => {
    expect(LEVELS.restricted).toMatchObject({ memory: 128 * MiB, cpu: 25, timeoutMs: 30_000 });
    expect(LEVELS.standard).toMatchObject({ memory: 512 * MiB, cpu: 50, timeoutMs: 300_000 });
    expect(LEVELS.elevated).toMatchObject({ memory: 1024 * MiB, cpu: 75, timeoutMs: 1_800_000 });
  });

  it('are the least of the level and every override', () => {
    const overrides = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.integer({ min: 1 })])), { requiredKeys: [] });
    fc.assert(
      fc.property(fc.constantFrom('restricted', 'standard', 'elevated'), fc.array(overrides), (level, list) => {
        const limits = limitsOf(level, ...list);
        for (const name of NAMES) {
          expect(limits[name]).toBe(Math.min(LEVELS[level][name], ...list.map((override) => override[name] ?? Infinity)));
        }
      }),
    );
  });
});
