import { existsSync, readFileSync, statSync } from 'node:fs';

const SHELL = ['/bin/sh', '-s'] as const;
const UNSHARE = ['/usr/bin/unshare', '-m', '--propagation', 'slave'] as const;
const CAP_SYS_ADMIN = 1n << 21n;

interface SlotShell {
  readonly argv: readonly [string, ...string[]];
  /** What it runs beside the rest of its first lines. */
  readonly beside: string;
}

let found: SlotShell | undefined;

/**
 * The shell of a slot. The devices in a sandbox are those of this machine: whoever owns them could change their modes for everybody, so root's
 * slots see them through a mount that is read-only, which bwrap hands on. What is written to a device passes all the same.
 */
export function slotShell(): SlotShell {
  return (found ??= ownsDevices() && canMount() ? { argv: [...UNSHARE, ...SHELL], beside: 'PATH=/usr/bin:/bin mount -o rbind,ro /dev /dev 2>/dev/null &\n' } : { argv: SHELL, beside: '' });
}

function ownsDevices(): boolean {
  return statSync('/dev/null', { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

function canMount(): boolean {
  try {
    const effective = /^CapEff:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
    return existsSync(UNSHARE[0]) && (BigInt(`0x${effective}`) & CAP_SYS_ADMIN) !== 0n;
  } catch {
    return false;
  }
}
