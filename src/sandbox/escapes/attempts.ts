/** An attempt to get out of a sandbox, and the layer that is to stop it. */
export interface Attempt {
  readonly id: string;
  readonly attempt: string;
  readonly layer: string;
}

const attempt = (id: string, text: string, layer: string): Attempt => ({ id, attempt: text, layer });

/** Made by one program in a sandbox without network; `inside.ts` says how. */
export const ALONE: readonly Attempt[] = [
  attempt('read-outside', 'read a file that no grant covers', 'mount namespace'),
  attempt('read-link', 'read it through a link in a granted folder', 'mount namespace'),
  attempt('read-hidden', 'read a file in a granted folder that is hidden', 'covering mounts'),
  attempt('read-shadow', "read the machine's passwords", 'mount namespace'),
  attempt('write-outside', 'make a file where no grant covers it', 'mount namespace'),
  attempt('write-read-grant', 'write where only reading is granted', 'read-only mounts'),
  attempt('write-system', 'replace a program of the machine', 'read-only mounts'),
  attempt('write-protected', "plant a hook in a granted folder's .git", 'read-only mounts'),
  attempt('move-protected', 'move that .git away and make another', 'read-only mounts'),
  attempt('remount', 'mount the machine for writing', 'no capabilities'),
  attempt('core-pattern', 'have the kernel start a program', 'read-only /proc'),
  attempt('setuid', 'make a program that runs as its owner', 'system call filter'),
  attempt('namespace', 'make namespaces of its own', 'system call filter'),
  attempt('capabilities', 'hold or gain a capability', 'no capabilities'),
  attempt('filter', 'run without the system call filter', 'system call filter'),
  attempt('environment', 'read the variables of toka', 'scrubbed environment'),
  attempt('see-process', 'see a process outside', 'process namespace'),
  attempt('kill-process', 'kill a process outside', 'process namespace'),
  attempt('outlive', 'leave a process behind', 'process namespace'),
  attempt('tcp', 'connect to a service of this machine', 'network namespace'),
  attempt('udp', 'send a packet to a service of this machine', 'network namespace'),
  attempt('unix-path', 'connect to a socket in a granted folder', 'system call filter'),
  attempt('unix-abstract', 'connect to a socket without a file', 'system call filter'),
];

/** Made by one program in a sandbox that was granted one host and port. */
export const NETWORKED: readonly Attempt[] = [
  attempt('granted-host', 'reach the granted host (this one must work)', 'proxy'),
  attempt('other-port', 'reach another port of it', 'proxy'),
  attempt('rebound-name', 'reach this machine by a name that leads there', 'proxy'),
  attempt('round-proxy', 'reach the granted host without the proxy', 'network namespace'),
];

/** Each made by a program of its own, which goes beyond one limit. */
export const BEYOND: readonly Attempt[] = [
  attempt('memory', 'take more memory than the limit', 'limits'),
  attempt('processes', 'start more processes than the limit', 'limits'),
  attempt('disk', 'write more than the limit', 'limits'),
  attempt('output', 'print more than the limit', 'limits'),
  attempt('time', 'run longer than the limit', 'limits'),
];

/** What the program inside attacks. */
export interface Targets {
  readonly attempts: readonly string[];
  /** Has `read`, `write` and, not granted, `outside`. */
  readonly folder: string;
  readonly pid: number;
  /** In the command line of what it leaves behind. */
  readonly mark: string;
  readonly ports: { readonly granted: number; readonly other: number; readonly udp: number };
  readonly abstract: string;
}

/** What the program inside says of each attempt: that it succeeded, or what it met instead. */
export interface Said {
  readonly id: string;
  readonly succeeded: boolean;
  readonly met: string;
}
