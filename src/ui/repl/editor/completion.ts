/** What could stand in the place of a part of what is being written. */
export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly options: readonly Option[];
}

export interface Option {
  /** What is put there. */
  readonly text: string;
  /** What is said of it. */
  readonly hint?: string;
}

/** A command as completion knows it. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  /** What its argument could be, by what of it is written. */
  readonly complete?: (written: string) => readonly Option[];
}

export interface Sources {
  readonly commands: () => readonly Completable[];
  /** Paths that match, the best first. */
  readonly files: (written: string) => readonly string[];
}

/** What the word at the cursor could become: a command, its argument, or a file after `@`. */
export function complete(text: string, cursor: number, sources: Sources): Completion | undefined {
  const before = text.slice(0, cursor);
  const command = /^\/(\S*)$/.exec(before);
  if (command) return ofCommands(command[1] ?? '', cursor, sources.commands());
  const argument = /^\/(\S+) +([^\n]*)$/.exec(before);
  if (argument) return ofArgument(argument[1] ?? '', argument[2] ?? '', cursor, sources.commands());
  const file = /(?:^|\s)@([^\s@]*)$/.exec(before);
  return file ? ofFiles(file[1] ?? '', cursor, sources) : undefined;
}

function ofCommands(written: string, end: number, commands: readonly Completable[]): Completion | undefined {
  const found = commands.filter(({ name }) => name.startsWith(written));
  return found.length === 0 ? undefined : { start: 0, end, options: found.map(({ name, summary, complete: more }) => ({ text: `/${name}${more ? ' ' : ''}`, hint: summary })) };
}

function ofArgument(name: string, written: string, end: number, commands: readonly Completable[]): Completion | undefined {
  const options = commands.find((each) => each.name === name)?.complete?.(written) ?? [];
  return options.length === 0 ? undefined : { start: end - written.length, end, options };
}

function ofFiles(written: string, end: number, { files }: Sources): Completion | undefined {
  const found = files(written);
  return found.length === 0 ? undefined : { start: end - written.length, end, options: found.map((path) => ({ text: `${path} ` })) };
}
