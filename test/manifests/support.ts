import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach } from 'vitest';
import { loadToolManifest } from '../../src/manifest/load.ts';
import type { Tool } from '../../src/manifest/tool.ts';

export let root: string;

/** Each test has a folder of its own. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'toka-manifests-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

export async function lay(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

export function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../manifests/${name}`, import.meta.url));
}

export async function load(name: string): Promise<Tool> {
  return loadToolManifest(fileOf(`${name}/tool.yaml`), { source: 'project', kind: 'project', root: fileOf('..') });
}

export function has(...argv: [string, ...string[]]): boolean {
  return spawnSync(argv[0], argv.slice(1), { stdio: 'ignore' }).status === 0;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in the test's folder with next to no environment, as the sandbox does. */
export function run(program: string, args: readonly string[]): Ended {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 ** 2,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** The one JSON value on stdout, checked against the schema that the manifest declares. */
export async function resultOf(name: string, { stdout, stderr }: Ended): Promise<unknown> {
  const { output } = await load(name);
  if (output === undefined) throw new Error(`${name} declares no output`);
  const value: unknown = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`);
  const ajv = new Ajv2020({ allErrors: true });
  if (!ajv.validate(output, value)) throw new Error(ajv.errorsText());
  return value;
}
