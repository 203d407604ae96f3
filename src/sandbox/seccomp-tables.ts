/** Numbers of the system calls that the filter names, from the kernel's tables for one architecture. */
export interface SyscallTable {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly arch: number;
  /** Whether the x32 ABI shares the table (bit 30 of the number). */
  readonly x32: boolean;
  /** Answered with EPERM. */
  readonly refused: Readonly<Record<string, number>>;
  /** Answered with ENOSYS, so that programs fall back to an older call that the filter can see through. */
  readonly absent: Readonly<Record<string, number>>;
  /** Calls that take a file mode: number and position of the mode, and where the mode only counts with O_CREAT, of the flags. */
  readonly modes: Readonly<Record<string, { readonly nr: number; readonly mode: number; readonly flags?: number }>>;
  readonly clone: number;
  readonly fallocate: number;
  readonly ioctl: number;
  readonly memfd_create: number;
  readonly shmget: number;
  readonly socket: number;
}

/** Calls added since Linux 5.0 have one number everywhere. */
const newer = {
  fsconfig: 431,
  fsmount: 432,
  fsopen: 430,
  fspick: 433,
  lsm_set_self_attr: 460,
  memfd_secret: 447,
  mount_setattr: 442,
  move_mount: 429,
  open_tree: 428,
  open_tree_attr: 467,
  pidfd_getfd: 438,
  process_madvise: 440,
  quotactl_fd: 443,
};

const absent = {
  clone3: 435,
  io_uring_enter: 426,
  io_uring_register: 427,
  io_uring_setup: 425,
  listmount: 458,
  openat2: 437,
  statmount: 457,
};

const x64: SyscallTable = {
  arch: 0xc000003e,
  x32: true,
  refused: {
    ...newer,
    _sysctl: 156,
    acct: 163,
    add_key: 248,
    adjtimex: 159,
    bpf: 321,
    chroot: 161,
    clock_adjtime: 305,
    clock_settime: 227,
    delete_module: 176,
    fanotify_init: 300,
    finit_module: 313,
    init_module: 175,
    ioperm: 173,
    iopl: 172,
    kcmp: 312,
    kexec_file_load: 320,
    kexec_load: 246,
    keyctl: 250,
    lookup_dcookie: 212,
    modify_ldt: 154,
    mount: 165,
    move_pages: 279,
    name_to_handle_at: 303,
    nfsservctl: 180,
    open_by_handle_at: 304,
    perf_event_open: 298,
    pivot_root: 155,
    process_vm_readv: 310,
    process_vm_writev: 311,
    ptrace: 101,
    quotactl: 179,
    reboot: 169,
    request_key: 249,
    setdomainname: 171,
    sethostname: 170,
    setns: 308,
    settimeofday: 164,
    swapoff: 168,
    swapon: 167,
    sysfs: 139,
    syslog: 103,
    umount2: 166,
    unshare: 272,
    uselib: 134,
    userfaultfd: 323,
    vhangup: 153,
  },
  absent,
  modes: {
    chmod: { nr: 90, mode: 1 },
    creat: { nr: 85, mode: 1 },
    fchmod: { nr: 91, mode: 1 },
    fchmodat: { nr: 268, mode: 2 },
    fchmodat2: { nr: 452, mode: 2 },
    mkdir: { nr: 83, mode: 1 },
    mkdirat: { nr: 258, mode: 2 },
    mknod: { nr: 133, mode: 1 },
    mknodat: { nr: 259, mode: 2 },
    open: { nr: 2, mode: 2, flags: 1 },
    openat: { nr: 257, mode: 3, flags: 2 },
  },
  clone: 56,
  fallocate: 285,
  ioctl: 16,
  memfd_create: 319,
  shmget: 29,
  socket: 41,
};

const arm64: SyscallTable = {
  arch: 0xc00000b7,
  x32: false,
  refused: {
    ...newer,
    acct: 89,
    add_key: 217,
    adjtimex: 171,
    bpf: 280,
    chroot: 51,
    clock_adjtime: 266,
    clock_settime: 112,
    delete_module: 106,
    fanotify_init: 262,
    finit_module: 273,
    init_module: 105,
    kcmp: 272,
    kexec_file_load: 294,
    kexec_load: 104,
    keyctl: 219,
    lookup_dcookie: 18,
    mount: 40,
    move_pages: 239,
    name_to_handle_at: 264,
    nfsservctl: 42,
    open_by_handle_at: 265,
    perf_event_open: 241,
    pivot_root: 41,
    process_vm_readv: 270,
    process_vm_writev: 271,
    ptrace: 117,
    quotactl: 60,
    reboot: 142,
    request_key: 218,
    setdomainname: 162,
    sethostname: 161,
    setns: 268,
    settimeofday: 170,
    swapoff: 225,
    swapon: 224,
    syslog: 116,
    umount2: 39,
    unshare: 97,
    userfaultfd: 282,
    vhangup: 58,
  },
  absent,
  modes: {
    fchmod: { nr: 52, mode: 1 },
    fchmodat: { nr: 53, mode: 2 },
    fchmodat2: { nr: 452, mode: 2 },
    mkdirat: { nr: 34, mode: 2 },
    mknodat: { nr: 33, mode: 2 },
    openat: { nr: 56, mode: 3, flags: 2 },
  },
  clone: 220,
  fallocate: 47,
  ioctl: 29,
  memfd_create: 279,
  shmget: 194,
  socket: 198,
};

export const SYSCALLS: Readonly<Partial<Record<string, SyscallTable>>> = { arm64, x64 };
