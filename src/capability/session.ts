import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { replaceFile } from '../replace-file.ts';
import type { Grant } from './policy.ts';
import { parseCapability, printCapability } from './grammar.ts';

interface SessionFile {
  readonly version: 1;
  readonly grants: readonly { readonly capability: string; readonly tools: readonly string[]; readonly root: string }[];
}

/** What a person granted "for this session": until the terminal session that it was said in ends. */
export function sessionGrants(stateFolder: string, root: string): Grant[] {
  const folder = join(stateFolder, 'sessions');
  const key = existsSync(folder) ? sessionKey() : undefined;
  if (key === undefined) return [];
  return read(join(folder, `${key}.json`))
    .grants.filter((grant) => grant.root === root)
    .map(({ capability, tools }) => ({ capability: parseCapability(capability), tools, source: 'session' }));
}

/** Whether this process belongs to a terminal session that can be told from others. */
export function isInSession(): boolean {
  return sessionKey() !== undefined;
}

/**
 * Remembers a grant for this terminal session.
 *
 * @returns False where this process belongs to no session that could be told from another; the grant then holds for one run only.
 */
export function rememberForSession(stateFolder: string, root: string, { capability, tools }: Required<Pick<Grant, 'capability' | 'tools'>>): boolean {
  const key = sessionKey();
  if (key === undefined) return false;
  const folder = join(stateFolder, 'sessions');
  const file = join(folder, `${key}.json`);
  const grants = [...read(file).grants, { capability: printCapability(capability), tools, root }];
  try {
    makeFolder(folder, 0o700);
    replaceFile(file, JSON.stringify({ version: 1, grants } satisfies SessionFile), 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write ${file}`, { cause, hint: 'check its permissions and free space' });
  }
  return true;
}

/** Whether this is a grant; throws where it is nothing of the kind. */
function isGrant({ capability, tools, root }: SessionFile['grants'][number]): boolean {
  parseCapability(capability);
  return typeof root === 'string' && tools.every((tool) => typeof tool === 'string');
}

/** Names the terminal session: its leader's number and start, and the machine's start, so that a number used again is another session. */
function sessionKey(): string | undefined {
  try {
    const leader = fields('self')[3] ?? '';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return hexDigest(`${boot} ${leader} ${fields(leader)[19]}`);
  } catch {
    // Not Linux, or the leader is not to be seen from here.
    return undefined;
  }
}

/** The fields of proc_pid_stat(5) from the third on; the second, the name, may hold anything. */
function fields(pid: string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): SessionFile {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as Partial<SessionFile>;
    if (parsed.version === 1 && parsed.grants?.every(isGrant) === true) return parsed as SessionFile;
  } catch {
    // Nothing granted yet, or nothing that can be read: nothing is granted.
  }
  return { version: 1, grants: [] };
}
