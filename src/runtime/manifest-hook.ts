import { join } from 'node:path';
import type { JsonValue } from '@toka/sdk';
import { packageRoot } from '../config/package-root.ts';
import { TokaError } from '../errors.ts';
import { API_VERSION } from '../manifest/plugin-manifest.ts';
import type { PackageOrigin } from '../manifest/tool.ts';
import { limitsOf } from '../sandbox/levels.ts';
import type { Demand, Mount, SandboxPlan } from '../sandbox/plan.ts';
import { requireEnforcement } from '../sandbox/probe.ts';
import type { Completion } from './completion.ts';
import { runProcess } from './process.ts';

/** What the host of a hook reads on its standard input. */
export interface HookOrder {
  /** The module of the hook. */
  readonly hook: string;
  readonly sdk: string;
  /** The plugin API that this toka offers. */
  readonly api: string;
}

/** So long a hook may think; it has nothing to wait for. */
const TIMEOUT_MS = 10_000;

/**
 * Asks the hook `toka:manifest` of a plugin what it contributes. It is a stranger's code that nobody has asked to run anything, so it sees its
 * own files and nothing else, and its answer is believed no more than its package.json.
 *
 * @throws TokaError TOKA_PLUGIN_FAILED, TOKA_SANDBOX_UNAVAILABLE
 */
export async function askHook({ root }: PackageOrigin, hook: string, demand: Demand): Promise<JsonValue> {
  const host = join(packageRoot(), 'dist', 'manifest-host.cjs');
  const sdk = join(packageRoot(), 'dist', 'sdk.mjs');
  const plan: SandboxPlan = {
    argv: [process.execPath, '--disable-warning=ExperimentalWarning', host],
    cwd: '/tmp',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', TERM: 'dumb' },
    mounts: [process.execPath, host, sdk, root].map((path): Mount => ({ path, access: 'read' })),
    hidden: [],
    stdin: 'pipe',
    limits: limitsOf('restricted', { timeoutMs: TIMEOUT_MS }),
  };
  await requireEnforcement(plan, demand);
  const order: HookOrder = { hook, sdk, api: `${API_VERSION.major}.${API_VERSION.minor}` };
  const completion = await runProcess(plan, { require: demand.require, input: Buffer.from(JSON.stringify(order)), onOutput: () => undefined });
  return answerOf(completion, hook);
}

function answerOf({ output, exitCode, stopped, signal }: Completion, hook: string): JsonValue {
  const line = output.split('\n').findLast((text) => text.startsWith('{"toka:manifest":') || text.startsWith('{"failure":'));
  const { failure, 'toka:manifest': answer } = parsed(line);
  if (answer !== undefined && exitCode === 0) return answer;
  const ended = stopped === undefined ? `it ended with ${signal ?? exitCode} and no answer` : `it was stopped: ${stopped}`;
  throw new TokaError('TOKA_PLUGIN_FAILED', `the hook toka:manifest of ${hook} failed: ${typeof failure === 'string' ? failure : ended}`, {
    hint: 'report it to the author of the plugin; until then nothing of it is listed',
  });
}

function parsed(line = '{}'): Readonly<Record<string, JsonValue | undefined>> {
  try {
    return JSON.parse(line) as Record<string, JsonValue>;
  } catch {
    return {};
  }
}
