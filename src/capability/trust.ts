import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectId } from '../config/paths.ts';
import { hexDigest } from '../digest.ts';
import { TokaError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { replaceFile } from '../replace-file.ts';

/** What was trusted of a project: the text of its configuration, so that a change can be shown as a diff. */
export interface TrustRecord {
  readonly hash: string;
  readonly file: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

interface TrustFile {
  readonly version: 1;
  readonly projects: Readonly<Record<string, TrustRecord>>;
}

export type TrustState = 'trusted' | 'untrusted' | 'changed';

/** A file for each project, so that two who trust at once cannot undo one another. */
export function trustFileOf(stateFolder: string, root: string): string {
  return join(stateFolder, 'trust', `${projectId(root)}.json`);
}

/** The digest that a trust record holds. */
export function trustHash(text: string): string {
  return hexDigest(text);
}

/** The record that says: trusted as it is now. */
export function trustedNow(file: string, text: string, nowMs = Date.now()): TrustRecord {
  return { hash: trustHash(text), file, text, at: new Date(nowMs).toISOString() };
}

/** Whether a project's configuration is exactly the one that was trusted. `root` is a real path. */
export function trustState(trustFile: string, root: string, text: string): TrustState {
  const record = trustRecord(trustFile, root);
  if (!record) return 'untrusted';
  return record.hash === trustHash(text) ? 'trusted' : 'changed';
}

export function trustRecord(trustFile: string, root: string): TrustRecord | undefined {
  const { projects } = read(trustFile);
  return Object.hasOwn(projects, root) ? projects[root] : undefined;
}

/** Records that the project at `root` is trusted with this text, or with `undefined` that it no longer is. */
export function recordTrust(trustFile: string, root: string, record: TrustRecord | undefined): void {
  const { [root]: _old, ...others } = read(trustFile).projects;
  write(trustFile, { version: 1, projects: record ? { ...others, [root]: record } : others });
}

function read(trustFile: string): TrustFile {
  let text: string;
  try {
    text = readFileSync(trustFile, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, projects: {} };
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot read ${trustFile}`, { cause, hint: 'check its permissions' });
  }
  try {
    const parsed = JSON.parse(text) as Partial<TrustFile>;
    if (parsed.version === 1 && typeof parsed.projects === 'object' && parsed.projects !== null) return parsed as TrustFile;
  } catch {
    // Falls through to the same answer as a well-formed file of another shape.
  }
  throw new TokaError('TOKA_INTEGRITY', `${trustFile} is not a list of trusted projects (version 1)`, {
    hint: 'move the file away and trust your projects again with toka trust',
  });
}

function write(trustFile: string, content: TrustFile): void {
  try {
    makeFolder(dirname(trustFile), 0o700);
    replaceFile(trustFile, `${JSON.stringify(content, undefined, 2)}\n`, 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_STATE_UNAVAILABLE', `cannot write ${trustFile}`, { cause, hint: 'check its permissions and free space' });
  }
}
