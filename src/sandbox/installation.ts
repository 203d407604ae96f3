import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { homeFolder } from '../config/paths.ts';
import { contains } from './mounts.ts';

/** Folders of a home that hold programs beside what is private. */
const PRIVATE = ['.cache', '.cargo', '.config', '.local', '.ssh', 'Library'];

/**
 * The paths that must be readable for a program to run: its installation, or where that would show a home or the whole machine, the
 * file alone. Every link on the way to the program counts, since a virtual environment starts with one.
 */
export function installationOf(program: string, home = homeFolder()): string[] {
  const paths = new Set<string>();
  for (const step of linksOf(program)) paths.add(prefixOf(step, home) ?? realpathSync.native(step));
  return [...paths].filter((path) => ![...paths].some((other) => other !== path && contains(other, path)));
}

/** The folder that a program was installed into, unless that is a home, a folder above one, or private. */
function prefixOf(program: string, home: string): string | undefined {
  const folder = dirname(program);
  const prefix = basename(folder) === 'bin' ? dirname(folder) : folder;
  if (prefix === '/' || contains(prefix, home)) return undefined;
  const [first, ...rest] = contains(home, prefix) ? relative(home, prefix).split('/') : [];
  if (first === undefined) return isBroad(prefix) ? undefined : prefix;
  if (rest.length > 0) return prefix;
  return !PRIVATE.includes(first) && existsSync(join(prefix, 'lib')) ? prefix : undefined;
}

/** `/opt/bin/x` was not installed into the whole of /opt. */
function isBroad(prefix: string): boolean {
  return dirname(prefix) === '/';
}

function linksOf(program: string): string[] {
  const steps = [program];
  for (let at = program; lstatSync(at).isSymbolicLink() && steps.length < 40; ) {
    at = resolve(realpathSync.native(dirname(at)), readlinkSync(at));
    steps.push(at);
  }
  return steps;
}
