import type { Tool } from '../../manifest/tool.ts';
import { onOneLine, plain } from '../../manifest/plain.ts';
import type { Door } from '../door.ts';
import { flagName, OWN_FLAGS } from '../flags.ts';
import { type CommandFacts, type FlagFacts, knownCommands } from './commands.ts';

/** What may stand at the end of a command line. */
export interface Candidate {
  readonly value: string;
  readonly summary?: string;
}

/** `toka completion words WORD…`: what the last word may become, one candidate a line; nothing where that is a file. */
export async function completeWords(words: readonly string[], door: Door): Promise<number> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = await candidates(before, current, door).catch(() => []);
  const fitting = found.filter(({ value }) => value.startsWith(current) && isHarmless(value));
  door.stdout.write(fitting.map(({ value, summary = '' }) => `${value}\t${onOneLine(plain(summary))}\n`).join(''));
  return 0;
}

/** What could be more than one word, or something else than it looks like, is nothing that a shell should be handed. */
function isHarmless(value: string): boolean {
  return value !== '' && plain(value) === value && !/\s/.test(value);
}

async function candidates(before: readonly string[], current: string, door: Door): Promise<Candidate[]> {
  const commands = knownCommands();
  const id = commandOf(before, commands);
  if (id === undefined) return nextWords(before, commands);
  const rest = before.slice(id.split(' ').length);
  return id === 'run' ? ofRun(rest, current, door) : ofCommand(commands[id] as CommandFacts, rest, current, door);
}

/** The longest name of a command that the words begin with. */
function commandOf(words: readonly string[], commands: Readonly<Record<string, CommandFacts>>): string | undefined {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    const id = words.slice(0, length).join(' ');
    if (Object.hasOwn(commands, id)) return id;
  }
  return undefined;
}

/** The words by which commands go on. */
function nextWords(before: readonly string[], commands: Readonly<Record<string, CommandFacts>>): Candidate[] {
  const start = before.map((word) => `${word} `).join('');
  const found = new Map<string, string>();
  for (const [id, { summary }] of Object.entries(commands)) {
    if (!id.startsWith(start)) continue;
    const [word = '', ...more] = id.slice(start.length).split(' ');
    if (more.length === 0 || !found.has(word)) found.set(word, more.length === 0 ? summary : '');
  }
  return [...found].map(([value, summary]) => ({ value, summary }));
}

async function ofCommand({ args, flags, isOpen }: CommandFacts, rest: readonly string[], current: string, door: Door): Promise<Candidate[]> {
  const asked = flagAsked(rest, current, (name) => flags[name]?.takes === true);
  const flag = asked && flags[asked.name];
  if (flag) return asked.prefixed(await ofKind(flag, door));
  if (current.startsWith('-')) return Object.entries(flags).map(([name, { summary }]) => ({ value: `--${name}`, summary }));
  const bare = rest.filter((word, at) => !word.startsWith('-') && flags[(rest[at - 1] ?? '').replace(/^--/, '')]?.takes !== true).length;
  const arg = args[bare] ?? (isOpen ? args.at(-1) : undefined);
  return arg === undefined ? [] : ofKind(arg, door);
}

/** Values by what they are: some words, names of tools and agents, ids of runs and sessions. */
async function ofKind({ options = [], is }: Pick<FlagFacts, 'options' | 'is'>, door: Door): Promise<Candidate[]> {
  if (is === 'tool') return toolNames(door);
  if (is === 'run') return runIds(door);
  if (is === 'agent') return agentNames(door);
  if (is === 'session') return sessionIds(door);
  return options.map((value) => ({ value }));
}

async function ofRun(rest: readonly string[], current: string, door: Door): Promise<Candidate[]> {
  const name = nameIn(rest);
  const own = knownCommands()['run']?.flags ?? {};
  const asked = flagAsked(rest, current, (flag) => Object.hasOwn(OWN_FLAGS, flag) && OWN_FLAGS[flag as keyof typeof OWN_FLAGS] !== 'switch');
  if (name === undefined) {
    if (asked) return asked.prefixed(await ofKind(own[asked.name] ?? {}, door));
    return current.startsWith('-') ? Object.entries(own).map(([flag, { summary }]) => ({ value: `--${flag}`, summary })) : toolNames(door);
  }
  return ofTool(await toolOf(name.word, door), rest.slice(name.at + 1), current, own);
}

/** The first word that is no flag, and no value of one. */
function nameIn(rest: readonly string[]): { readonly word: string; readonly at: number } | undefined {
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (!word.startsWith('-')) return { word, at };
    const flag = word.replace(/^--/, '');
    if (Object.hasOwn(OWN_FLAGS, flag) && OWN_FLAGS[flag as keyof typeof OWN_FLAGS] !== 'switch') at += 1;
  }
  return undefined;
}

function ofTool({ params }: Tool, rest: readonly string[], current: string, own: Readonly<Record<string, FlagFacts>>): Candidate[] {
  const byFlag = new Map(Object.entries(params.properties).map(([name, schema]) => [flagName(name), schema]));
  const takes = (flag: string): boolean => byFlag.has(flag) && byFlag.get(flag)?.type !== 'boolean';
  const asked = flagAsked(rest, current, takes);
  if (asked) return asked.prefixed(valuesOf(byFlag.get(asked.name)));
  if (current.startsWith('-')) {
    const flags = [...byFlag].map(([flag, { description }]) => ({ value: `--${flag}`, summary: description }));
    return [...flags, ...Object.entries(own).flatMap(([flag, { summary }]) => (byFlag.has(flag) ? [] : [{ value: `--${flag}`, summary }]))];
  }
  const bare = rest.filter((word, at) => !word.startsWith('-') && !takes((rest[at - 1] ?? '').replace(/^--/, ''))).length;
  return valuesOf(Object.values(params.properties).find((schema) => schema['x-position'] === bare + 1));
}

/** The values that a parameter may have, where they can be counted. */
function valuesOf(schema: Tool['params']['properties'][string] | undefined): Candidate[] {
  const listed = schema?.enum ?? (schema?.['items'] as { readonly enum?: readonly unknown[] } | undefined)?.enum ?? (schema?.type === 'boolean' ? [true, false] : []);
  return listed.map((value) => ({ value: String(value) }));
}

interface Asked {
  readonly name: string;
  /** The candidates as they stand in the last word. */
  prefixed(values: readonly Candidate[]): Candidate[];
}

/** The flag whose value the last word is, or ends with. */
function flagAsked(rest: readonly string[], current: string, takes: (flag: string) => boolean): Asked | undefined {
  const [, written] = /^--([^=]+)=/.exec(current) ?? [];
  if (written !== undefined) return { name: written, prefixed: (values) => values.map(({ value, ...more }) => ({ ...more, value: `--${written}=${value}` })) };
  const [, last] = /^--([^=]+)$/.exec(rest.at(-1) ?? '') ?? [];
  return last !== undefined && takes(last) ? { name: last, prefixed: (values) => [...values] } : undefined;
}

async function toolNames(door: Door): Promise<Candidate[]> {
  const { registry } = await door.workspace();
  const index = await registry.index();
  const clashes = index.clashes();
  return index.list().map(({ name, qualified, description }) => ({ value: clashes.has(name) ? qualified : name, summary: description }));
}

async function toolOf(name: string, door: Door): Promise<Tool> {
  const { registry } = await door.workspace();
  return (await registry.find(name)).tool;
}

/** Somebody who presses a key wants one of the latest. */
const LATEST = 100;

/** The files alone: reading them takes longer than a shell waits. */
async function agentNames(door: Door): Promise<Candidate[]> {
  const { agents } = await door.workspace();
  const files = agents.files();
  const isClash = (name: string): boolean => files.filter((each) => each.name === name).length > 1;
  return files.map(({ name, source }) => ({ value: isClash(name) ? `${source}/${name}` : name, summary: source }));
}

async function sessionIds(door: Door): Promise<Candidate[]> {
  const toka = await door.open({ readOnly: true });
  const sessions = await (await toka.sessions()).list();
  return sessions.slice(0, LATEST).map(({ id, title, agent }) => ({ value: id, summary: `${agent} ${title}` }));
}

async function runIds(door: Door): Promise<Candidate[]> {
  const toka = await door.open({ readOnly: true });
  const runs = await (await toka.journal()).runs({ limit: LATEST });
  return runs.map(({ id, tool = '', status }) => ({ value: id, summary: `${tool} ${status}` }));
}
