import { serial, type Day } from './calendar.ts';

/** A release in a change log: the heading's version and day. */
export interface Entry {
  /** What is released, where one file tells of several: `@scope/package`. */
  readonly subject: string;
  readonly version: readonly [number, number, number];
  readonly prerelease: boolean;
  readonly day: Day;
  /** Index into the document's dates. */
  readonly date: number;
}

/** A release dated before the one that it follows. */
export interface OutOfOrder {
  readonly entry: Entry;
  readonly follows: Entry;
}

/** Whether a file is a change log, by its name. */
export function isChangelog(name: string): boolean {
  return /(?:^|\/)(?:change(?:s|log)|history|releases?|news|release[-_ ]?notes)(?:[-_.][^/]*)?$/i.test(name);
}

/**
 * Reads subject and version from the part of a heading in front of its date: `## [1.2.3] - `, `# @scope/package 1.2.3 (`, `v1.2.3 / `.
 *
 * @param before The heading up to the date.
 * @returns `undefined` where it names no version.
 */
export function versionOf(before: string): Pick<Entry, 'prerelease' | 'subject' | 'version'> | undefined {
  const found = /(?<![\d.])v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(-[0-9A-Za-z.-]+|(?:a|b|rc|alpha|beta|dev)\d*)?(?![\d.]|\w)/.exec(before);
  if (found === null) return undefined;
  return {
    subject: before
      .slice(0, found.index)
      .replace(/^#+/, '')
      .replaceAll(/[[\]()<>*_`@\s-]+/g, ' ')
      .replace(/\b(?:version|release|v)\b/gi, '')
      .trim()
      .toLowerCase(),
    version: [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)],
    prerelease: found[4] !== undefined,
  };
}

/**
 * Finds releases dated before the one they follow: `x.y.z` follows the highest lower patch of `x.y`, `x.y.0` the highest lower `x.n.0`,
 * `x.0.0` the highest lower `n.0.0`. Other orders are no mistake: older lines get patches after newer ones. Pre-releases are left out.
 */
export function outOfOrder(entries: readonly Entry[]): OutOfOrder[] {
  const released = entries.filter((entry) => !entry.prerelease);
  const lines = new Map<string, Entry[]>();
  for (const entry of released) {
    const [major, minor, patch] = entry.version;
    add(lines, `${entry.subject} ${major}.${minor}`, entry);
    if (patch === 0) add(lines, `${entry.subject} ${major}`, entry);
    if (patch === 0 && minor === 0) add(lines, entry.subject, entry);
  }
  const found = new Map<Entry, Entry>();
  for (const line of lines.values()) {
    const ordered = line.toSorted((a, b) => a.version[0] - b.version[0] || a.version[1] - b.version[1] || a.version[2] - b.version[2]);
    for (const [index, entry] of ordered.entries()) {
      const follows = ordered[index - 1];
      if (follows !== undefined && serial(entry.day) < serial(follows.day)) found.set(entry, follows);
    }
  }
  return [...found].map(([entry, follows]) => ({ entry, follows }));
}

function add(lines: Map<string, Entry[]>, key: string, entry: Entry): void {
  const line = lines.get(key);
  if (line === undefined) lines.set(key, [entry]);
  else line.push(entry);
}
