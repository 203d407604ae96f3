import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createToka, type Toka } from '../../src/toka.ts';
import { place, type Place, tool } from '../support/cli.ts';

export let here: Place;
/** With a cache folder of its own for each test. */
export let env: Record<string, string>;

beforeEach(() => {
  here = place();
  env = { ...here.env, XDG_CACHE_HOME: join(here.home, 'cache') };
});
afterEach(() => here[Symbol.dispose]());

/** What a new process would see. */
export async function withToka<T>(use: (toka: Toka) => Promise<T>): Promise<T> {
  const toka = await createToka({ cwd: here.project, env });
  try {
    return await use(toka);
  } finally {
    await toka.close();
  }
}

/** The description of the tool that a name means. */
export async function find(name: string): Promise<string> {
  return withToka(async (toka) => (await toka.findTool(name)).tool.description);
}

/** The names of the project's tools. */
export async function list(): Promise<string[]> {
  return withToka(async (toka) => (await toka.index()).list({ source: 'project' }).map(({ name }) => name));
}

/** The path of a manifest in the user's own folder. */
export function user(name: string): string {
  return join(here.home, 'config/toka/tools', name);
}

export function writeUser(name: string, text: string): void {
  mkdirSync(join(here.home, 'config/toka/tools'), { recursive: true });
  writeFileSync(user(name), text);
}

/** A manifest for a tool that nobody runs. */
export function manifest(name: string, description = `The tool ${name}`): string {
  const [text = ''] = Object.values(tool(name, 'true', { type: 'external' }));
  return text.replace(`The tool ${name}`, description);
}
