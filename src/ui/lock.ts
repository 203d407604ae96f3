import { TokaError } from '../errors.ts';
import type { Difference } from '../registry/lock/compare.ts';
import { lockEntries } from '../registry/lock/entry.ts';
import type { Toka } from '../toka.ts';
import { differenceText } from './difference.ts';
import type { Door } from './door.ts';
import { exitCodeOf } from './report.ts';
import { terminal } from './text.ts';

export interface LockFlags {
  readonly check: boolean;
  readonly json: boolean;
}

/** `toka lock`: writes what the tools of the project are into its lock, or says with `--check` what is otherwise. */
export async function lockProject({ check, json }: LockFlags, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const lock = requireLock(toka);
    const found = await entriesNow(toka, lock.root);
    if (check && !(await lock.read())) {
      throw new TokaError('TOKA_LOCK_MISSING', `there is no ${lock.file} to compare with`, { hint: 'write it with toka lock, look at it and commit it' });
    }
    const differences = await lock.differences(found);
    const written = !check && (await lock.write(found));
    const ok = !check || differences.length === 0;
    const tools = Object.keys(found).length;
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/lock/v1', ok, file: lock.file, tools, written, differences })}\n`);
    else door.stdout.write(describe(differences, `${lock.file}: ${tools} tools, ${summary(differences, written)}`, door));
    return ok ? 0 : exitCodeOf({ code: 'TOKA_LOCK_DRIFT' });
  } finally {
    await toka.close();
  }
}

function requireLock({ lock }: Toka): NonNullable<Toka['lock']> {
  if (lock) return lock;
  throw new TokaError('TOKA_USAGE', 'there is no project here whose tools could be locked', {
    hint: 'a project is a folder with a toka.yaml, or a git repository',
  });
}

/** Every manifest is looked at anew; one that cannot be read could be any tool. */
async function entriesNow(toka: Toka, root: string): Promise<ReturnType<typeof lockEntries>> {
  const index = await toka.index({ rebuild: true });
  const broken = index.problems().find(({ source }) => source !== 'user');
  if (!broken) return lockEntries(
      index.all().map(({ tool }) => tool),
      root,
    );
  const { code, message, where = { file: broken.file }, data = {} } = broken;
  throw new TokaError(code, message, { where, data, hint: broken.source === '' ? 'update the plugin or uninstall it; toka plugins list shows all of them' : 'correct the manifest, and check all of them with toka tools validate' });
}

function describe(differences: readonly Difference[], last: string, door: Door): string {
  const view = terminal(door.stdout, door.env);
  return `${differences.map((each) => differenceText(each, view)).join('')}${last}\n`;
}

function summary(differences: readonly Difference[], written: boolean): string {
  if (differences.length === 0) return written ? 'nothing changed but its form' : 'up to date';
  const count = (kind: Difference['kind']): number => differences.filter((each) => each.kind === kind).length;
  return `${count('added')} added, ${count('removed')} removed, ${count('changed')} changed`;
}
