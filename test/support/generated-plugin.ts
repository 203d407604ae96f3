import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, Place } from './cli.ts';

const ROOT = join(import.meta.dirname, '../..');

export const KINDS = ['tool', 'runtime', 'storage', 'provider', 'engine', 'analyser'] as const;
export type Kind = (typeof KINDS)[number];

/** A plugin as somebody has generated and built it, in a place of its own. */
export interface GeneratedPlugin {
  readonly folder: string;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Replaces a text that must be there. */
  edit(file: string, text: string, by: string): void;
  /** Changes package.json. */
  change(by: (manifest: Manifest) => void): void;
  /** Runs `toka plugins test --json`. */
  test(): Promise<TestReport>;
}

export interface Manifest {
  [key: string]: unknown;
  toka: { api: string; contributes: Record<string, { id: string; summary: string }[]> };
}

export interface TestReport extends Json {
  readonly exit: number | null;
  readonly ok: boolean;
  readonly checks: readonly { readonly of: string; readonly rule: string; readonly name: string; readonly ms: number; readonly reason?: string }[];
}

/** Lets the packages of the repository be found from every folder of a place, as if they had been installed there. */
export function linkPackages({ base }: Place): void {
  symlinkSync(join(ROOT, 'node_modules'), join(base, 'node_modules'));
}

export async function generate(here: Place, kind: Kind, name: string): Promise<GeneratedPlugin> {
  const { code, stderr } = await here.run(['plugins', 'generate', name, '--kind', kind, '--yes']);
  if (code !== 0) throw new Error(stderr);
  const plugin = pluginIn(here, join(here.project, name.slice(name.indexOf('/') + 1)));
  const compiled = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: plugin.folder, encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(compiled.stdout);
  const built = await here.run(['plugins', 'build', plugin.folder]);
  if (built.code !== 0) throw new Error(built.stderr);
  return plugin;
}

export function pluginIn(here: Place, folder: string): GeneratedPlugin {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  return {
    folder,
    read,
    write,
    edit(file, text, by) {
      if (!read(file).includes(text)) throw new Error(`${file} of the template does not say ${text} any more`);
      write(file, read(file).replaceAll(text, () => by));
    },
    change(by) {
      const manifest = JSON.parse(read('package.json')) as Manifest;
      by(manifest);
      write('package.json', JSON.stringify(manifest, undefined, 2));
    },
    test: async () => here.json<TestReport>(['plugins', 'test', folder]),
  };
}
