import { existsSync, readFileSync } from 'node:fs';
import { INSTALL_BWRAP } from './bwrap.ts';

/** Why bwrap could not build a sandbox, and what helps. */
export interface Reason {
  readonly why: string;
  readonly fix: string;
}

/** What this machine is, as far as it explains why namespaces are refused. */
export interface Surroundings {
  readonly container: boolean;
  /** AppArmor allows user namespaces to listed programs only (Ubuntu 23.10 and later). */
  readonly apparmor: boolean;
  /** The kernel's switch for unprivileged user namespaces is off (Debian's patch). */
  readonly switchedOff: boolean;
}

const APPARMOR_FIX =
  'allow bwrap to make user namespaces: sudo apt install apparmor-profiles && ' +
  'sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && ' +
  'sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict';

const CONTAINER_FIX =
  'start the container with a profile that allows them, for instance docker run --security-opt seccomp=unconfined ' +
  '--security-opt apparmor=unconfined --security-opt systempaths=unconfined';

/** Explains what bwrap said when it failed. */
export function reasonFor(message: string, { container, apparmor, switchedOff } = surroundings()): Reason {
  if (/Unknown option/.test(message)) return { why: 'bubblewrap is older than 0.8', fix: `upgrade it; ${INSTALL_BWRAP}` };
  const isNamespace = /namespace|uid map|RTM_NEWADDR|gid map|newuidmap/i.test(message);
  if (/No space left on device/.test(message) && isNamespace) {
    return { why: 'the number of user namespaces is limited', fix: 'sudo sysctl user.max_user_namespaces=15000' };
  }
  if (isNamespace && container) {
    return {
      why: "the container's seccomp profile refuses new namespaces",
      fix: CONTAINER_FIX,
    };
  }
  if (isNamespace && apparmor) return { why: 'AppArmor refuses user namespaces to bwrap', fix: APPARMOR_FIX };
  if (isNamespace && switchedOff) {
    return { why: 'unprivileged user namespaces are switched off', fix: 'sudo sysctl kernel.unprivileged_userns_clone=1' };
  }
  return { why: message || 'bwrap ended and said nothing', fix: 'run toka doctor to see what this machine allows' };
}

function surroundings(): Surroundings {
  return {
    container: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    apparmor: setting('kernel/apparmor_restrict_unprivileged_userns') === '1',
    switchedOff: setting('kernel/unprivileged_userns_clone') === '0',
  };
}

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
