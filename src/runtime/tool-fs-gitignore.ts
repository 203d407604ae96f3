import type { Ignore } from 'ignore';
import { sep } from 'node:path';

type MakeIgnore = (options: { ignoreCase: boolean }) => Ignore;

/** The rules of one `.gitignore`; they hold for what is below its folder. */
export interface Rules {
  /** Whether the rules exclude (or re-include) this entry; `undefined`: they say nothing. `path` ends in a separator for a folder. */
  decide(path: string): boolean | undefined;
  /** The same rules for what is below `folder`, a folder that they exclude but that is walked all the same. */
  within(folder: string): Rules;
}

// Git's own default per platform for `core.ignoreCase`.
const IGNORE_CASE = process.platform === 'darwin' || process.platform === 'win32';

/** @returns What makes `Rules` from the text of a `.gitignore` and the real path of its folder. */
export async function loadGitignore(): Promise<(text: string, folder: string) => Rules> {
  const make = (await import('ignore')).default as unknown as MakeIgnore;
  return (text, folder) => recursiveRules(make, text, folder);
}

function recursiveRules(make: MakeIgnore, text: string, folder: string): Rules {
  const matcher = make({ ignoreCase: IGNORE_CASE }).add(text);
  const start = prefixLength(folder);
  const rules: Rules = {
    decide: (path) => {
      const { ignored, unignored } = matcher.test(path.slice(start));
      return ignored ? true : unignored ? false : undefined;
    },
    within: (below) => (below.length > folder.length && rules.decide(below + sep) === true ? singleRules(make, text, folder) : rules),
  };
  return rules;
}

/** Asks each line about the entry itself, never about its parents: negated, a line tells by `unignored` whether it matches. */
function singleRules(make: MakeIgnore, text: string, folder: string): Rules {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const matchers = lines.toReversed().map((line) => {
    const negative = line.startsWith('!');
    return { excludes: !negative, matcher: make({ ignoreCase: IGNORE_CASE }).add(negative ? line : `!${line}`) };
  });
  const start = prefixLength(folder);
  const rules: Rules = {
    decide: (path) => matchers.find(({ matcher }) => matcher.test(path.slice(start)).unignored)?.excludes,
    within: () => rules,
  };
  return rules;
}

function prefixLength(folder: string): number {
  return folder.endsWith(sep) ? folder.length : folder.length + 1;
}

/** Whether an entry is excluded; `layers` from the outermost folder to the innermost, the innermost that says anything decides. */
export function isExcluded(layers: readonly Rules[], path: string): boolean {
  for (let index = layers.length - 1; index >= 0; index--) {
    const decision = layers[index]?.decide(path);
    if (decision !== undefined) return decision;
  }
  return false;
}
