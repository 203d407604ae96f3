import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import { findProject } from '../config/paths.ts';
import { contains, systemLayers, type Layer, type Layout } from './mounts.ts';
import { GATE_CHANNEL, GATE_PATH } from './network/gate.ts';
import type { SandboxPlan } from './plan.ts';
import { emptyFilePath } from './scratch.ts';
import { unavailable } from './unavailable.ts';

/** File descriptors of a program's channel. */
export const CHANNEL_FD = { lines: 3, replies: 4 } as const;

/**
 * File descriptors under which bwrap finds what toka hands it, and under which a slot keeps a pipe for standard input and, with network, the
 * channel and the program of its gate. The shell of a slot can name those with one digit only.
 */
export const FD = { seccomp: 5, status: 6, args: 7, stdin: 8, channel: GATE_CHANNEL, gate: 10, passwd: 11, group: 12 } as const;

/** The descriptor of each of a sandbox's own files. */
export const fileFd = (at: number): number => FD.group + 1 + at;

export const INSTALL_BWRAP =
  'install bubblewrap: apt install bubblewrap, dnf install bubblewrap, pacman -S bubblewrap or apk add bubblewrap';

const found = new Map<string, string>();

/**
 * Finds bwrap in PATH, passing over every folder that the sandbox may see, the project and its packages (which npm puts into PATH): a tool or a
 * clone could have put its own bwrap there.
 *
 * @throws TOKA_SANDBOX_UNAVAILABLE where there is none
 */
export function findBwrap({ mounts, cwd }: Pick<SandboxPlan, 'mounts' | 'cwd'>, path = process.env['PATH'] ?? ''): string {
  const reachable = [cwd, ...mounts.filter(({ access, path: at }) => access === 'write' || at !== '/').map((mount) => mount.path)];
  const granted = reachable.filter((folder) => folder !== '/' && !isSystem(folder)).map(realOrSame);
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const program = found.get(folder) ?? programIn(folder);
    if (program === undefined || granted.some((grant) => contains(grant, program)) || isBroughtAlong(program)) continue;
    found.set(folder, program);
    return program;
  }
  throw unavailable({ missing: ['sandbox'], have: 'no bwrap in PATH', why: 'bubblewrap is not installed', fix: INSTALL_BWRAP });
}

function isBroughtAlong(program: string): boolean {
  if (systemLayers().some(({ path }) => contains(path, program))) return false;
  return program.includes(`${sep}node_modules${sep}`) || contains(projectFolder(), program);
}

function projectFolder(): string {
  const folder = process.cwd();
  try {
    return findProject(folder)?.root ?? folder;
  } catch {
    // Two configuration files: the run will end with that.
    return folder;
  }
}

function programIn(folder: string): string | undefined {
  try {
    const named = join(folder, 'bwrap');
    // Asked first, since most folders have none, and an error takes longer than the look.
    if (statSync(named, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    accessSync(named, constants.X_OK);
    return realpathSync.native(named);
  } catch {
    return undefined;
  }
}

function isSystem(folder: string): boolean {
  return systemLayers().some(({ path }) => path === folder);
}

function realOrSame(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

const SEPARATE = [
  '--unshare-user',
  '--unshare-ipc',
  '--unshare-pid',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--unshare-net',
  '--disable-userns',
  '--die-with-parent',
  '--new-session',
  '--cap-drop',
  'ALL',
  '--hostname',
  'toka',
];

/** The arguments of bwrap for a plan, without the command: they go through a file, so that no path of this machine shows in `ps`. */
export function bwrapArguments(plan: Pick<SandboxPlan, 'cwd' | 'env' | 'files' | 'folder' | 'limits' | 'network'>, layout: Layout, folder?: string): string[] {
  const size = String(tmpfsSize(plan.limits));
  const own = `--proc /proc --remount-ro /proc --dev /dev --size ${size} --tmpfs /dev/shm --size ${size} --tmpfs /tmp`.split(' ');
  const variables = Object.entries(plan.env).flatMap(([name, value]) => ['--setenv', name, value]);
  return [
    ...SEPARATE,
    ...(layout.root ? ['--ro-bind', '/', '/'] : systemLayers().flatMap(layerArguments)),
    ...`--ro-bind-data ${FD.passwd} /etc/passwd --ro-bind-data ${FD.group} /etc/group`.split(' '),
    // As uid 0, /proc/sys could be written even without capabilities, so /proc is mounted read-only.
    ...own,
    ...(plan.network ? `--perms 0555 --ro-bind-data ${FD.gate} ${GATE_PATH}`.split(' ') : []),
    ...(plan.files ?? []).flatMap(({ path }, at) => ['--perms', '0400', '--ro-bind-data', String(fileFd(at)), path]),
    ...(plan.folder === undefined || folder === undefined ? [] : ['--bind', folder, plan.folder]),
    ...layout.layers.flatMap(layerArguments),
    ...'--remount-ro /dev --remount-ro / --clearenv'.split(' '),
    ...variables,
    '--chdir',
    plan.cwd,
    ...`--seccomp ${FD.seccomp} --json-status-fd ${FD.status}`.split(' '),
  ];
}

/** Without a control group, files in memory are bounded by nothing else. */
function tmpfsSize({ maxDisk, memory }: SandboxPlan['limits']): number {
  return Math.min(maxDisk, memory);
}

function layerArguments(layer: Layer): string[] {
  switch (layer.kind) {
    case 'read':
      return ['--ro-bind', layer.source, layer.path];
    case 'write':
      return ['--bind', layer.source, layer.path];
    case 'link':
      return ['--symlink', layer.target, layer.path];
    case 'hide-file':
      return ['--ro-bind', emptyFilePath(), layer.path];
    case 'hide-folder':
      return ['--tmpfs', layer.path, '--remount-ro', layer.path];
  }
}

/** The one user that exists inside, under the id that owns the granted files. */
export function passwdFile(uid: number, gid: number): string {
  return `tool:x:${uid}:${gid}:tool:/tmp:/bin/sh\n`;
}

export function groupFile(gid: number): string {
  return `tool:x:${gid}:\n`;
}
