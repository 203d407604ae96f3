import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import { toolContext, type TestToolContext } from '../../../../test/support/tool-context.ts';
import tool from '../../src/build-validator.ts';
import { STEPS } from '../../src/builds/step.ts';

type Params = Parameters<typeof tool.run>[0];

const here = fileURLToPath(new URL('.', import.meta.url));
export const nodeModules = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
export let root: string;

/** Each test has a folder of its own. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'toka-build-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

export function has(...argv: [string, ...string[]]): boolean {
  try {
    execFileSync(argv[0], argv.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function lay(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
}

export async function fixture(name: string): Promise<void> {
  await cp(join(here, 'fixtures', name), root, { recursive: true });
}

/** Every program may write everywhere in this test; how far it may reach is the sandbox's part, tested with it. */
export async function check(params: Partial<Params> = {}, ctx: TestToolContext = toolContext({ root })) {
  return tool.run({ path: root, steps: [...STEPS], ecosystems: [], plan: false, failFast: false, stepTimeout: 120, ...params }, ctx);
}

export async function plan(params: Partial<Params> = {}): Promise<string[]> {
  const { steps } = await check({ plan: true, ...params });
  return steps.map(({ ecosystem, folder, step, status, command }) =>
    [folder === '.' ? '' : `${folder}:`, `${ecosystem} ${step} ${status}`, command && ` ${command.join(' ')}`].join(''),
  );
}
