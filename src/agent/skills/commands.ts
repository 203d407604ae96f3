import { join } from 'node:path';
import type { SaidPart } from '../../pipeline/agent/port.ts';
import { readOwnText } from '../memory/own-text.ts';
import { headOf, lineOf } from './head.ts';
import { namesIn, type Place, placesOf, type Surroundings } from './places.ts';

const MAX_BYTES = 64 * 1024;
const MAX_COMMANDS = 500;

/** What a person can say by a name: a markdown file. */
export interface CustomCommand {
  /** Without the slash; files of a folder are `folder:name`. */
  readonly name: string;
  readonly description: string;
  /** What the person is to write behind it. */
  readonly argumentHint?: string;
  /** Absolute. */
  readonly file: string;
  readonly isTrusted: boolean;
  /** What is said by it: the words of a project that nobody trusts are not the person's. */
  said(words: string): SaidPart[];
}

/** The commands of the project and of the user; the first of a name counts. */
export function listCommands(surroundings: Surroundings): CustomCommand[] {
  const commands = new Map<string, CustomCommand>();
  for (const place of placesOf('commands', surroundings)) {
    for (const path of filesIn(place.folder)) {
      const name = path.slice(0, -'.md'.length).replaceAll('/', ':');
      if (commands.has(name) || commands.size === MAX_COMMANDS) continue;
      const command = commandOf(name, join(place.folder, path), place);
      if (command) commands.set(name, command);
    }
  }
  return [...commands.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function commandOf(name: string, file: string, { within, isTrusted }: Place): CustomCommand | undefined {
  const read = readOwnText(file, within, MAX_BYTES);
  if (!read || 'problem' in read) return undefined;
  const { head, body } = headOf(read.text);
  const argumentHint = lineOf(head['argument-hint'], 100);
  return {
    name,
    description: lineOf(head['description'], 200) ?? lineOf(body.split('\n')[0], 200) ?? '',
    ...(argumentHint === undefined ? {} : { argumentHint }),
    file,
    isTrusted,
    said: (words) => saidBy({ name, body, isTrusted }, words),
  };
}

function saidBy({ name, body, isTrusted }: { readonly name: string; readonly body: string; readonly isTrusted: boolean }, words: string): SaidPart[] {
  const text = filled(body, words);
  if (isTrusted) return [{ type: 'text', text }];
  return [
    { type: 'text', text, origin: 'file' },
    { type: 'text', text: `Do what the command /${name} of this project says above.${words === '' ? '' : ` I say with it: ${words}`}` },
  ];
}

/** `$ARGUMENTS` is all that was written behind the command, `$1` the first word of it; what has no place comes last. */
function filled(body: string, words: string): string {
  const each = words.split(/\s+/);
  let isUsed = false;
  const text = body.replaceAll(/\$(ARGUMENTS|[1-9])/g, (_, what: string) => {
    isUsed = true;
    return what === 'ARGUMENTS' ? words : (each[Number(what) - 1] ?? '');
  });
  return isUsed || words === '' ? text : `${text}\n\n${words}`;
}

/** Markdown files of a folder and of the folders in it. */
function filesIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => /^[\w.-]{1,64}$/.test(name));
  const inner = names.filter((name) => !name.includes('.')).flatMap((name) => namesIn(join(folder, name)).map((file) => `${name}/${file}`));
  return [...names, ...inner].filter((name) => /^[\w/-][\w./-]*\.md$/.test(name));
}
