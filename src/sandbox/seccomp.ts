import { type SeccompOptions, unsupported } from './seccomp-file.ts';
import { SYSCALLS } from './seccomp-tables.ts';

// Opcodes of classic BPF (linux/bpf_common.h) as far as the filter uses them.
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

// Answers of a filter (linux/seccomp.h).
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const fail = (errno: number): number => 0x00050000 | errno;

const EPERM = fail(1);
const ENOSYS = fail(38);
const EPROTONOSUPPORT = fail(93);
const EOPNOTSUPP = fail(95);
const EAFNOSUPPORT = fail(97);

/** Offsets in struct seccomp_data; only the low half of an argument is read, as the kernel does for these calls. */
const NUMBER = 0;
const ARCH = 4;
const argument = (position: number): number => 16 + 8 * position;

const NAMESPACE_FLAGS = 0x7e020080;
const SETUID_SETGID = 0o6000;
const CREATES = 0x400040; // O_CREAT, __O_TMPFILE
const TERMINAL_INJECTION = [0x5412, 0x541c, 0x5423]; // TIOCSTI, TIOCLINUX, TIOCSETD
const NETLINK = 16;
const INTERNET = [2, 10];
const PLAIN_PROTOCOLS = [0, 1, 6, 17, 58, 262]; // default, ICMP, TCP, UDP, ICMPv6, MPTCP: none that loads a kernel module
const X32 = 0x40000000;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

/**
 * The seccomp filter of every sandboxed process, as the bytes that `bwrap --seccomp FD` takes.
 *
 * It denies what namespaces leave open: other socket families than the internet's (AF_UNIX reaches services through read-only mounts,
 * AF_VSOCK the hypervisor), keyrings, tracing, mounting and new namespaces, io_uring, setuid files, keystrokes pushed into a terminal.
 * `fallocate` is not supported, so that every byte on disk is counted as written.
 *
 * @param arch as `process.arch`
 * @throws TOKA_SANDBOX_UNAVAILABLE for an architecture without a table
 */
export function seccompFilter(arch: string, { countableMemory }: SeccompOptions): Buffer {
  const table = SYSCALLS[arch];
  if (!table) throw unsupported(arch);
  const program: Instruction[] = [
    [LOAD, 0, 0, ARCH],
    [JUMP_EQUAL, 1, 0, table.arch],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
  ];
  if (table.x32) program.push([JUMP_AT_LEAST, 0, 1, X32], [RETURN, 0, 0, ENOSYS]);
  const answer = (nr: number, result: number): void => void program.push([JUMP_EQUAL, 0, 1, nr], [RETURN, 0, 0, result]);
  const on = (nr: number, block: readonly Instruction[]): void => void program.push([JUMP_EQUAL, 0, block.length, nr], ...block);

  for (const nr of Object.values(table.refused)) answer(nr, EPERM);
  for (const nr of Object.values(table.absent)) answer(nr, ENOSYS);
  if (countableMemory) for (const nr of [table.memfd_create, table.shmget]) answer(nr, ENOSYS);
  answer(table.fallocate, EOPNOTSUPP);
  for (const { nr, mode, flags } of Object.values(table.modes)) on(nr, withoutSetuid(mode, flags));
  on(table.clone, [[LOAD, 0, 0, argument(0)], [JUMP_ANY_BIT, 0, 1, NAMESPACE_FLAGS], [RETURN, 0, 0, EPERM], [RETURN, 0, 0, ALLOW]]);
  on(table.ioctl, noneOf(1, TERMINAL_INJECTION, EPERM));
  on(table.socket, sockets());
  program.push([RETURN, 0, 0, ALLOW]);
  return encode(program);
}

function withoutSetuid(mode: number, flags: number | undefined): Instruction[] {
  const check: Instruction[] = [
    [LOAD, 0, 0, argument(mode)],
    [JUMP_ANY_BIT, 0, 1, SETUID_SETGID],
    [RETURN, 0, 0, EPERM],
    [RETURN, 0, 0, ALLOW],
  ];
  // Without O_CREAT the mode is not an argument, and its register holds anything.
  if (flags === undefined) return check;
  return [[LOAD, 0, 0, argument(flags)], [JUMP_ANY_BIT, 1, 0, CREATES], [RETURN, 0, 0, ALLOW], ...check];
}

function noneOf(position: number, values: readonly number[], result: number): Instruction[] {
  const last = values.length - 1;
  const tests = values.map((value, at): Instruction => [JUMP_EQUAL, last - at, at === last ? 1 : 0, value]);
  return [[LOAD, 0, 0, argument(position)], ...tests, [RETURN, 0, 0, result], [RETURN, 0, 0, ALLOW]];
}

function oneOf(values: readonly number[], result: number): Instruction[] {
  const tests = values.map((value, at): Instruction => [JUMP_EQUAL, values.length - at, 0, value]);
  return [...tests, [RETURN, 0, 0, result], [RETURN, 0, 0, ALLOW]];
}

function sockets(): Instruction[] {
  const protocols: Instruction[] = [[LOAD, 0, 0, argument(2)], ...oneOf(PLAIN_PROTOCOLS, EPROTONOSUPPORT)];
  const routing: Instruction[] = [[LOAD, 0, 0, argument(2)], ...oneOf([0], EPROTONOSUPPORT)];
  return [
    [LOAD, 0, 0, argument(0)],
    [JUMP_EQUAL, 0, routing.length, NETLINK],
    ...routing,
    ...INTERNET.map((family, at): Instruction => [JUMP_EQUAL, INTERNET.length - at, 0, family]),
    [RETURN, 0, 0, EAFNOSUPPORT],
    ...protocols,
  ];
}

/** struct sock_filter: code, two jumps and the operand, little-endian as both architectures are. */
function encode(program: readonly Instruction[]): Buffer {
  const words = new Uint32Array(2 * program.length);
  program.forEach(([code, jumpTrue, jumpFalse, operand], at) => {
    words[2 * at] = code | (jumpTrue << 16) | (jumpFalse << 24);
    words[2 * at + 1] = operand;
  });
  return Buffer.from(words.buffer);
}
