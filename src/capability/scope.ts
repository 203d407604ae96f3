import { glob } from './glob.ts';

const ASCII = /^[\u0020-\u007e]*$/;

/** What is wrong with the characters of a scope, or nothing. Names that programs give are plain ASCII; files may have any letters. */
export function scopeFault(scope: string, mayHoldLetters: boolean): string | undefined {
  if (scope === '') return 'the scope is empty';
  if (ASCII.test(scope)) return syntaxFault(scope);
  if (isPartlyInvisible(scope)) return 'the scope holds a character that cannot be seen';
  if (!mayHoldLetters) return `the scope holds ${codePoint(scope)}, a character that looks like another; only ASCII is allowed here`;
  return syntaxFault(scope);
}

/** Whether a character cannot be seen, or changes how the text around it is read: nobody could tell two such scopes apart. */
function isPartlyInvisible(scope: string): boolean {
  // Here and below within the function: to read the classes of Unicode takes a millisecond of every start, and few scopes need them.
  return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(scope);
}

/** The scripts whose letters look like Latin ones. */
const ALIKE = ['Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'];

/** What a reader cannot see of a scope: letters of other scripts that look like Latin ones, and forms of plain letters. */
export function disguises(scope: string): string[] {
  if (ASCII.test(scope)) return [];
  const scripts = ALIKE.filter((script) => new RegExp(String.raw`\p{Script=${script}}`, 'u').test(scope)).map((script) => `${script} letters`);
  const folded = scope.normalize('NFC') === scope.normalize('NFKC') ? [] : ['letters in unusual forms'];
  return [...scripts, ...folded];
}

/** That each meaning has few spellings is what lets equal scopes print alike. */
function syntaxFault(scope: string): string | undefined {
  if (!/[\\*]/.test(scope)) return undefined;
  const unescaped = scope.replaceAll(/\\[\\*?]/g, 'x');
  if (unescaped.includes('\\')) return String.raw`a backslash stands before *, ? or \ only`;
  const parts = unescaped.split('/');
  if (parts.some((part) => part !== '**' && part.includes('**'))) return '** is a whole part of a path, between slashes';
  return parts.some((part, at) => part === '**' && parts[at + 1] === '**') ? '** does not follow **' : undefined;
}

/**
 * The one spelling of a glob: within a part `?` before `*`; of parts that are all wildcard, `*` before `**`, which stands once.
 *
 * @param isPath Whether the scope is a path, which has something before it also where it begins with a wildcard.
 */
export function canonicalGlob(scope: string, isPath: boolean): string {
  glob(scope);
  if (!/[*?]{2}|\*\/\*/.test(scope)) return scope;
  const parts = scope.split('/').map((part) => (part === '**' ? part : part.replaceAll(/\\.|[*?]{2,}/g, tidyRun)));
  const tidy: string[] = [];
  for (let at = 0; at < parts.length; ) {
    const end = parts.findIndex((part, index) => index >= at && part !== '*' && part !== '**');
    const run = parts.slice(at, end === -1 ? undefined : end);
    tidy.push(...(run.length === 0 ? [parts[at] ?? ''] : tidyParts(run, at === 0 && !isPath)));
    at += Math.max(run.length, 1);
  }
  return tidy.join('/');
}

/** So many parts at the least, and any number more. What begins with `**` begins with a part, be it an empty one. */
function tidyParts(run: readonly string[], isStart: boolean): string[] {
  if (!run.includes('**')) return [...run];
  const least = run.filter((part) => part === '*').length + (isStart && run[0] === '**' ? 1 : 0);
  return isStart && least === 1 ? ['**'] : [...Array.from({ length: least }, () => '*'), '**'];
}

function tidyRun(run: string): string {
  if (run.startsWith('\\')) return run;
  return `${run.replaceAll('*', '')}${run.includes('*') ? '*' : ''}`;
}

function codePoint(scope: string): string {
  const [found = ''] = /[^\u0020-\u007e]/u.exec(scope) ?? [];
  return `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
