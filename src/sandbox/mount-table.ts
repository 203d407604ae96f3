import { readFileSync } from 'node:fs';
import { contains, type Layer, systemLayers } from './mounts.ts';

/** Mount points, each with its options. */
export type MountTable = ReadonlyMap<string, readonly string[]>;

/** The mounts that a process sees (proc_pid_mountinfo(5)). */
export function mountsOf(pid: number): MountTable {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([, , , , point = '', options = '']) => [unescape(point), options.split(',')]));
}

function unescape(path: string): string {
  // Most have none, and an expression that is used often is compiled.
  if (!path.includes('\\')) return path;
  return path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCodePoint(parseInt(code, 8)));
}

/**
 * What was mounted on this machine after a sandbox had been laid out shows up inside as it is: bwrap, which takes the rights to write, to have devices
 * and to raise rights from all that it finds, was done by then.
 */
export function lateMounts(mounts: MountTable, layers: readonly Layer[]): string[] {
  const shown = [...systemLayers(), ...layers].filter(({ kind }) => kind === 'read' || kind === 'write');
  const known = new Set([...shown, ...layers].map(({ path }) => path));
  return [...mounts].flatMap(([point, options]) => {
    const around = known.has(point) ? undefined : deepestAround(point, shown);
    if (!around) return [];
    const wanted = ['nosuid', 'nodev', ...(around.kind === 'read' ? ['ro'] : [])];
    return wanted.every((option) => options.includes(option)) ? [] : [point];
  });
}

function deepestAround(point: string, layers: readonly Layer[]): Layer | undefined {
  return layers.filter(({ path }) => contains(path, point)).toSorted((one, other) => other.path.length - one.path.length)[0];
}
