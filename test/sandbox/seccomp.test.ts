import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterFile, openFilter } from '../../src/sandbox/seccomp-file.ts';
import { seccompFilter } from '../../src/sandbox/seccomp.ts';
import { SYSCALLS } from '../../src/sandbox/seccomp-tables.ts';

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x50001;
const ENOSYS = 0x50026;

interface Call {
  readonly arch: number;
  readonly nr: number;
  readonly args?: readonly number[];
}

/** Interprets the part of classic BPF that a filter may use, as the kernel does (linux/filter.h). */
function answer(program: Buffer, { arch, nr, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((value, at) => data.writeUInt32LE(value >>> 0, 16 + 8 * at));
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(8 * at);
    const operand = program.readUInt32LE(8 * at + 4);
    const jump = (condition: boolean): void => void (at += program.readUInt8(8 * at + (condition ? 2 : 3)));
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else if (code === 0x06) return operand;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the program ran past its end');
}

/** What Docker's default profile and Flatpak refuse an unprivileged process, on both architectures: written out, so that none can be lost. */
const REFUSED_BY_OTHERS = [
  ...['acct', 'add_key', 'adjtimex', 'bpf', 'clock_adjtime', 'clock_settime', 'delete_module', 'fanotify_init', 'finit_module', 'fsconfig', 'fsmount'],
  ...['fsopen', 'fspick', 'init_module', 'kcmp', 'kexec_file_load', 'kexec_load', 'keyctl', 'lookup_dcookie', 'mount', 'mount_setattr', 'move_mount'],
  ...['move_pages', 'name_to_handle_at', 'open_by_handle_at', 'open_tree', 'perf_event_open', 'pidfd_getfd', 'pivot_root', 'process_vm_readv'],
  ...['process_vm_writev', 'ptrace', 'quotactl', 'quotactl_fd', 'reboot', 'request_key', 'setdomainname', 'sethostname', 'setns', 'settimeofday'],
  ...['swapoff', 'swapon', 'syslog', 'umount2', 'unshare', 'userfaultfd'],
];

describe.each(['x64', 'arm64'])('the filter for %s', (name) => {
  const table = SYSCALLS[name]!;
  const filter = seccompFilter(name, { countableMemory: false });
  const call = (nr: number, ...args: number[]): number => answer(filter, { arch: table.arch, nr, args });

  it('fits into what the kernel accepts', () => {
    expect(filter.length / 8).toBeLessThan(4096);
  });

  it('kills a process that calls through another architecture', () => {
    const other = fc.nat().filter((arch) => arch !== table.arch);
    fc.assert(fc.property(other, fc.nat(500), (arch, nr) => answer(filter, { arch, nr }) === KILL));
  });

  it('names all that others refuse', () => {
    expect(REFUSED_BY_OTHERS.filter((named) => !Object.hasOwn(table.refused, named))).toEqual([]);
    expect(Object.keys(table.absent)).toEqual(expect.arrayContaining(['clone3', 'io_uring_enter', 'io_uring_register', 'io_uring_setup', 'openat2']));
  });

  it.each(Object.entries(table.refused))('refuses %s', (_name, nr) => {
    expect(call(nr)).toBe(EPERM);
  });

  it.each(Object.entries(table.absent))('pretends that %s does not exist', (_name, nr) => {
    expect(call(nr)).toBe(ENOSYS);
  });

  it('answers every call with any arguments', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(fc.property(fc.nat(600), fc.array(word, { maxLength: 6 }), (nr, args) => call(nr, ...args) >= 0));
  });

  it('allows the calls that it does not name', () => {
    const named = new Set([...Object.values(table.refused), ...Object.values(table.absent), table.fallocate, table.socket]);
    const others = Array.from({ length: 440 }, (_, nr) => nr).filter((nr) => !named.has(nr));
    expect(others.filter((nr) => call(nr) !== ALLOW)).toEqual([]);
  });

  it.each([1, 15, 17, 29, 38, 40])('refuses sockets of family %i', (family) => {
    expect(call(table.socket, family, 1, 0)).not.toBe(ALLOW);
  });

  it.each([[2, 0], [10, 0], [2, 6], [10, 17], [16, 0]])('allows sockets of family %i with protocol %i', (family, protocol) => {
    expect(call(table.socket, family, 1, protocol)).toBe(ALLOW);
  });

  it.each([[2, 132], [10, 33], [16, 12]])('refuses sockets of family %i with the rare protocol %i', (family, protocol) => {
    expect(call(table.socket, family, 1, protocol)).not.toBe(ALLOW);
  });

  it.each([0x10000000, 0x20000, 0x40000000, 0x4000000])('refuses clone with the namespace flag %i', (flag) => {
    expect(call(table.clone, flag | 17)).toBe(EPERM);
    expect(call(table.clone, 17)).toBe(ALLOW);
  });

  it.each([0x5412, 0x541c, 0x5423])('refuses the terminal request %i', (request) => {
    expect(call(table.ioctl, 0, request)).toBe(EPERM);
  });

  it.each([0x5401, 0x5411, 0x5413, 0x5422, 0x5424])('allows the terminal request %i', (request) => {
    expect(call(table.ioctl, 0, request)).toBe(ALLOW);
  });

  it.each(Object.entries(table.modes))('lets %s make no file that changes its user', (_name, { nr, mode, flags }) => {
    const at = (position: number, value: number, args: number[] = []): number[] =>
      Array.from({ length: 6 }, (_, n) => (n === position ? value : (args[n] ?? 0)));
    const creating = flags === undefined ? [] : at(flags, 0o100);
    expect(call(nr, ...at(mode, 0o4755, creating))).toBe(EPERM);
    expect(call(nr, ...at(mode, 0o2755, creating))).toBe(EPERM);
    expect(call(nr, ...at(mode, 0o755, creating))).toBe(ALLOW);
    // Without O_CREAT the register of the mode holds whatever it held before.
    if (flags !== undefined) expect(call(nr, ...at(mode, 0o4755))).toBe(ALLOW);
  });

  it.each([true, false])('is what the build wrote (countable memory: %s)', (countableMemory) => {
    expect(readFileSync(filterFile(name, { countableMemory })).equals(seccompFilter(name, { countableMemory }))).toBe(true);
  });

  it('refuses memory that belongs to no process only where nothing else counts it', () => {
    const strict = seccompFilter(name, { countableMemory: true });
    expect(call(table.memfd_create)).toBe(ALLOW);
    expect(answer(strict, { arch: table.arch, nr: table.memfd_create })).toBe(ENOSYS);
    expect(answer(strict, { arch: table.arch, nr: table.shmget })).toBe(ENOSYS);
  });
});

describe('the filter', () => {
  it('refuses the x32 interface', () => {
    const filter = seccompFilter('x64', { countableMemory: false });
    expect(answer(filter, { arch: SYSCALLS['x64']!.arch, nr: 0x40000000 })).toBe(ENOSYS);
  });

  it('is refused for an architecture without a table', () => {
    expect(() => seccompFilter('mips', { countableMemory: false })).toThrow(expect.objectContaining({ code: 'TOKA_SANDBOX_UNAVAILABLE' }));
    expect(() => openFilter('mips', { countableMemory: false })).toThrow(expect.objectContaining({ code: 'TOKA_SANDBOX_UNAVAILABLE' }));
  });
});
