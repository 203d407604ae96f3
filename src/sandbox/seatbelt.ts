import { dirname } from 'node:path';
import type { Layout } from './mounts.ts';

/** A sandbox-exec profile, and the paths it refers to by name: no path is ever part of its text. */
export interface SeatbeltProfile {
  readonly text: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What programs of macOS read to start. */
const SYSTEM = [
  '/System',
  '/usr',
  '/bin',
  '/sbin',
  '/Library/Apple',
  '/Library/Frameworks',
  '/Library/Developer/CommandLineTools',
  '/private/etc/localtime',
  '/private/etc/protocols',
  '/private/etc/services',
  '/private/etc/ssl',
  '/private/var/db/dyld',
  '/private/var/db/timezone',
];

const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom', '/dev/dtracehelper', '/dev/tty'];

/** Services without which libc itself fails: user names, time zone changes, logging. */
const SERVICES = [
  'com.apple.system.opendirectoryd.libinfo',
  'com.apple.system.notification_center',
  'com.apple.system.logger',
  'com.apple.logd',
];

/**
 * The profile for a layout: everything is denied but the system's own files, the granted paths and a private temporary folder; the
 * last rule that matches decides. Form of the language: sandbox-exec(1) and the system's own profiles in /System/Library/Sandbox.
 */
export function seatbeltProfile({ layers }: Pick<Layout, 'layers'>, temporary: string): SeatbeltProfile {
  const parameters: Record<string, string> = {};
  const named = (path: string): string => {
    const name = `PATH_${Object.keys(parameters).length}`;
    parameters[name] = path;
    return `(param "${name}")`;
  };
  const rules = layers.flatMap((layer) => {
    switch (layer.kind) {
      case 'read': {
        const path = named(layer.path);
        return [`(allow file-read* (subpath ${path}))`, `(deny file-write* (subpath ${path}))`, ...ancestors(layer.path, named)];
      }
      case 'write': {
        const path = named(layer.path);
        return [`(allow file-read* file-write* (subpath ${path}))`, ...ancestors(layer.path, named)];
      }
      case 'hide-file':
      case 'hide-folder':
        return [`(deny file-read* file-write* (subpath ${named(layer.path)}))`];
      case 'link':
        return [`(allow file-read* (literal ${named(layer.path)}))`];
    }
  });
  const own = named(temporary);
  const text = [
    '(version 1)',
    '(deny default)',
    '(import "system.sb")',
    '(allow process-exec process-fork)',
    '(allow signal (target same-sandbox))',
    '(allow process-info* (target same-sandbox))',
    '(allow sysctl-read)',
    `(allow mach-lookup ${SERVICES.map((name) => `(global-name "${name}")`).join(' ')})`,
    `(allow file-read* (literal "/") ${SYSTEM.map((path) => `(subpath "${path}")`).join(' ')})`,
    `(allow file-read* file-write-data file-ioctl ${DEVICES.map((path) => `(literal "${path}")`).join(' ')})`,
    ...rules,
    `(allow file-read* file-write* (subpath ${own}))`,
    ...ancestors(temporary, named),
    '(deny network*)',
    '(deny file-write-setugid)',
    '',
  ].join('\n');
  return { text, parameters };
}

/** Arguments of sandbox-exec before the command. */
export function seatbeltArguments({ text, parameters }: SeatbeltProfile): string[] {
  return ['-p', text, ...Object.entries(parameters).map(([name, path]) => `-D${name}=${path}`)];
}

/** A path can only be resolved where the folders above it may be looked at. */
function ancestors(path: string, named: (path: string) => string): string[] {
  const rules: string[] = [];
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
    rules.push(`(allow file-read-metadata (literal ${named(folder)}))`);
  }
  return rules;
}
