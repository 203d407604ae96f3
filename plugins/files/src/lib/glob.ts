import picomatch from 'picomatch';

/** Tells whether a path, relative to the folder that is searched and with `/`, is chosen. */
export type Choose = (path: string) => boolean;

/**
 * Compiles globs as ripgrep's `-g` reads them: one without a slash is matched against the name, one with a slash against the whole path.
 *
 * @param include Only what matches one of these; all when empty.
 * @param exclude Nothing that matches one of these, nor what lies in a folder that does.
 * @returns The choice for entries of the type file.
 */
export function compileGlobs(include: readonly string[], exclude: readonly string[]): Choose {
  const isIncluded = include.length === 0 ? () => true : anyOf(include);
  if (exclude.length === 0) return isIncluded;
  const isExcluded = anyOf(exclude);
  const folders = new Map<string, boolean>();
  const inExcluded = (path: string): boolean => {
    const slash = path.lastIndexOf('/');
    if (slash === -1) return false;
    const folder = path.slice(0, slash);
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const answer = isExcluded(folder) || inExcluded(folder);
    folders.set(folder, answer);
    return answer;
  };
  return (path) => isIncluded(path) && !isExcluded(path) && !inExcluded(path);
}

function anyOf(globs: readonly string[]): Choose {
  const options = { dot: true, nonegate: true };
  const matchers = globs.map((glob) => {
    const anchored = glob.startsWith('/') || glob.startsWith('./') ? glob.replace(/^\.?\//, '') : glob;
    const matches = picomatch(anchored.endsWith('/') ? `${anchored}**` : anchored, options);
    if (glob.includes('/')) return matches;
    return (path: string) => matches(path.slice(path.lastIndexOf('/') + 1));
  });
  return (path) => matchers.some((matches) => matches(path));
}
