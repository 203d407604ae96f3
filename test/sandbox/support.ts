import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../src/sandbox/launch.ts';
import type { LaunchOptions, Limits, Mount, Outcome, SandboxPlan } from '../../src/sandbox/plan.ts';
import type { Slot } from '../../src/sandbox/slots.ts';

export const MiB = 1024 * 1024;

export const LIMITS: Limits = { memory: 256 * MiB, cpu: 200, pids: 64, timeoutMs: 20_000, maxOutput: 8 * MiB, maxDisk: 32 * MiB };

export interface PlanParts extends Partial<Omit<SandboxPlan, 'argv' | 'limits'>> {
  readonly limits?: Partial<Limits>;
}

export function planOf(argv: SandboxPlan['argv'], { limits, ...parts }: PlanParts = {}): SandboxPlan {
  return {
    argv,
    cwd: '/tmp',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', LANG: 'C.UTF-8' },
    mounts: [],
    hidden: [],
    stdin: 'none',
    ...parts,
    limits: { ...LIMITS, ...limits },
  };
}

export interface Ran extends Outcome {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a plan for real and collects its output. */
export async function run(plan: SandboxPlan, options: Partial<LaunchOptions> & { readonly slot?: Slot | undefined } = {}): Promise<Ran> {
  const said = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const outcome = await launch(plan, { onOutput: (stream, chunk) => void said[stream].push(chunk), ...options });
  const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString('utf8');
  return { ...outcome, stdout: text(said.stdout), stderr: text(said.stderr) };
}

export function shell(script: string, parts?: PlanParts): SandboxPlan {
  return planOf(['/bin/sh', '-c', script], parts);
}

/** A folder of this machine that is removed with the returned value. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'toka-test-')));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export const readMount = (path: string): Mount => ({ path, access: 'read' });
export const writeMount = (path: string): Mount => ({ path, access: 'write' });
