import { join, relative } from 'node:path';
import { entriesBelow } from '../../files-below.ts';
import type { Skill } from '../../pipeline/agent/port.ts';
import { readOwnText } from '../memory/own-text.ts';
import { headOf, lineOf } from './head.ts';
import { namesIn, type Place } from './places.ts';

const MAX_BYTES = 64 * 1024;
const MAX_SKILLS = 100;
const MAX_FILES = 100;
const MAX_DESCRIPTION = 1024;
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export interface Skills {
  readonly skills: readonly Skill[];
  readonly problems: readonly string[];
}

/** The skills of these places: a folder for each, with a `SKILL.md` whose head has its name and description. */
export function loadSkills(places: readonly Place[]): Skills {
  const skills = new Map<string, Skill>();
  const problems: string[] = [];
  for (const place of places) {
    for (const name of namesIn(place.folder)) {
      if (skills.has(name)) continue;
      const found = skillIn(join(place.folder, name), name, place);
      if (typeof found === 'string') problems.push(`the skill ${name} is left out: ${found}`);
      else if (found && skills.size < MAX_SKILLS) skills.set(name, found);
      else if (found) problems.push(`the skill ${name} is left out: there are more than ${MAX_SKILLS}`);
    }
  }
  return { skills: [...skills.values()], problems };
}

function skillIn(folder: string, name: string, { within, isTrusted }: Place): Skill | string | undefined {
  const read = readOwnText(join(folder, 'SKILL.md'), within, MAX_BYTES);
  if (!read) return undefined;
  if ('problem' in read) return read.problem;
  const { head, body } = headOf(read.text);
  const description = lineOf(head['description'], MAX_DESCRIPTION);
  if (!NAME.test(name) || name.length > 64) return 'its folder has not a name such as release-notes';
  if (head['name'] !== name) return `the head of its SKILL.md should have the name of its folder, found ${JSON.stringify(head['name'] ?? null)}`;
  if (description === undefined) return 'the head of its SKILL.md has no description';
  return { name, description, text: body, folder, files: filesIn(folder), isTrusted };
}

function filesIn(folder: string): string[] {
  return [...entriesBelow(folder)]
    .filter((entry) => entry.isFile() && entry.name !== 'SKILL.md')
    .map(({ name, parentPath }) => relative(folder, join(parentPath, name)))
    .toSorted()
    .slice(0, MAX_FILES);
}
