import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import { describeChange, isSame } from '../registry/lock/compare.ts';
import { codeDigest, lockEntry } from '../registry/lock/entry.ts';
import type { Drift, Lock } from '../registry/lock/lock.ts';
import type { House } from './house.ts';
import { Halt, type Run } from './run.ts';

/**
 * Lets a tool pass that is as the project's lock says, or that a person lets pass. A user's own tools are no part of a project's lock; any other
 * that the lock does not know is no better than one that has changed.
 *
 * @param code The digest of its code.
 * @throws Halt TOKA_LOCK_DRIFT, TOKA_LOCK_MISSING
 * @throws TokaError TOKA_LOCK_INVALID, TOKA_LOCK_VERSION, TOKA_FS_FAILED where the person's answer cannot be written
 */
export async function requireLocked(run: Run, tool: Tool, code: string | undefined, house: House): Promise<Run> {
  const { lock, reviewer } = house;
  const isFrozen = run.request.frozen === true;
  if (tool.origin.kind === 'user') {
    if (isFrozen) throw new Halt(run, uncovered(tool));
    return run;
  }
  const standing = (await lock?.standing(tool, code)) ?? 'none';
  if (standing === 'same') return vouched(run, code);
  if (lock === undefined || standing === 'none') {
    if (isFrozen) throw new Halt(run, missing(lock));
    return run;
  }
  if (isFrozen || !reviewer) throw new Halt(run, drifted(standing));
  const verdict = await reviewer(standing);
  const asked = { ...run, drift: verdict };
  if (verdict.decision === 'stop') throw new Halt(asked, drifted(standing));
  await requireAsShown(asked, tool, standing, lock, house);
  if (verdict.decision === 'update') await lock.update(tool.qualified, standing.found);
  return vouched(asked, code);
}

function vouched(run: Run, code: string | undefined): Run {
  return code === undefined ? run : { ...run, lockedCode: code };
}

/**
 * Makes sure that the code is still what was vouched for, after whatever was asked since.
 *
 * @throws TokaError TOKA_LOCK_DRIFT
 */
export function requireUnchanged({ lockedCode, tool }: Run, { projectRoot }: House): void {
  if (lockedCode === undefined || !tool || codeDigest(tool, projectRoot) === lockedCode) return;
  throw changedMeanwhile(tool.qualified);
}

/** The question may have stood for minutes: what runs must be what was shown. */
async function requireAsShown(run: Run, { qualified }: Tool, { found }: Drift, { root }: Lock, { findTool }: House): Promise<void> {
  const { tool } = await findTool(qualified);
  if (isSame(found, lockEntry(tool, root, codeDigest(tool, root)))) return;
  throw new Halt(run, changedMeanwhile(qualified));
}

function changedMeanwhile(tool: string): TokaError {
  return new TokaError('TOKA_LOCK_DRIFT', `${tool} was changed after it was compared with the lock and before it was started`, {
    hint: 'find out what changed it, then run it again',
    data: { tool },
  });
}

function drifted({ file, difference }: Drift): TokaError {
  const { tool, kind, changes } = difference;
  const data = { ...difference, file };
  if (kind === 'added') {
    return new TokaError('TOKA_LOCK_DRIFT', `${tool} is not in ${file}`, { hint: 'look at it, then add it with toka lock', data });
  }
  return new TokaError('TOKA_LOCK_DRIFT', `${tool} is not as ${file} says: ${changes.map(describeChange).join('; ')}`, {
    hint: 'look at what changed, for instance with git diff; toka lock then accepts it',
    data,
  });
}

function uncovered({ qualified, origin }: Tool): TokaError {
  return new TokaError('TOKA_LOCK_DRIFT', `${qualified} (${origin.file}) is a tool of your own, for which the lock of a project does not vouch`, {
    hint: 'run it without --frozen, or put the tool into the project',
    data: { tool: qualified },
  });
}

function missing(lock: Lock | undefined): TokaError {
  return new TokaError('TOKA_LOCK_MISSING', `only what a lock vouches for may run, and there is no ${lock?.file ?? 'project, so no toka.lock'}`, {
    hint: 'write it with toka lock in the project, look at it and commit it',
  });
}
