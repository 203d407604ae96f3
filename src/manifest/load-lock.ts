import { TokaError } from '../errors.ts';
import { quote } from './issue.ts';
import { issuesError, parseOrThrow } from './load.ts';
import { LOCK_VERSION, lockFile, type LockFile } from './lock-file.ts';
import { displayPath, problemsError, toProblem } from './problems.ts';
import type { Parsed } from './yaml.ts';
import { check } from './zod-issues.ts';

/** Characters of a lock that is not as toka writes it, with whose positions the parser is slow. */
const MAX_LENGTH = 1024 ** 2;

/**
 * Parses the text of a lock file, whoever wrote it. Loads zod and yaml: a lock as toka writes it need not come here.
 *
 * @param text JSON.
 * @param file Where it stands, for messages.
 * @throws TokaError TOKA_LOCK_INVALID with the first place in `where` and every problem in `data.problems`; TOKA_LOCK_VERSION
 */
export function parseLock(text: string, file: string): LockFile {
  if (text.length > MAX_LENGTH) {
    const issue = { path: [], code: 'too-large', expected: `the form that toka lock writes, or at most ${MAX_LENGTH} characters`, found: `another form of ${text.length}` } as const;
    throw problemsError('TOKA_LOCK_INVALID', file, [toProblem(issue)]);
  }
  const parsed = parseOrThrow('TOKA_LOCK_INVALID', text, file);
  if (!isJson(text)) throw problemsError('TOKA_LOCK_INVALID', file, [toProblem({ path: [], code: 'syntax', expected: 'JSON' }, { line: 1, column: 1 })]);
  return checkLock(parsed.value, file, parsed);
}

/** Checks the value of a lock file; where something is wrong with it, `parsed` or another look at the text says where. */
export function checkLock(value: unknown, file: string, parsed: Parsed | string): LockFile {
  refuseNewer(value, file);
  const checked = check(lockFile, value);
  if ('data' in checked) return checked.data;
  throw issuesError('TOKA_LOCK_INVALID', file, checked.issues, typeof parsed === 'string' ? parseOrThrow('TOKA_LOCK_INVALID', parsed, file) : parsed);
}

function refuseNewer(value: unknown, file: string): void {
  const found = typeof value === 'object' && value !== null ? (value as { lockVersion?: unknown }).lockVersion : undefined;
  if (typeof found !== 'number' || !Number.isInteger(found) || found <= LOCK_VERSION) return;
  throw new TokaError('TOKA_LOCK_VERSION', `expected a lock of version ${LOCK_VERSION}, found ${quote(found)} in ${displayPath(file)}`, {
    hint: 'a newer toka wrote it: use that one, or write it anew with toka lock after removing it',
    where: { file: displayPath(file) },
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
