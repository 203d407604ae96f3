import type { Executable, ParametersSchema, Pass } from '../manifest/tool.ts';
import { OWN_FILES, type OwnFile } from '../sandbox/plan.ts';

type ProcessExecutable = Extract<Executable, { type: 'shell' | 'python' | 'external' }>;

/** What a process receives: words after the program, files, variables, and text for standard input. */
export interface PassedParameters {
  readonly args: string[];
  readonly files: OwnFile[];
  readonly env: Record<string, string>;
  readonly input?: string;
}

/** Passes checked parameters as the manifest declares: flags in the order of declaration, then positionals by their number. */
export function passParameters(
  { args, pass, stdin }: Pick<ProcessExecutable, 'args' | 'pass' | 'stdin'>,
  schema: ParametersSchema,
  params: Readonly<Record<string, unknown>>,
): PassedParameters {
  const flags: string[] = [];
  const positionals: { readonly position: number; readonly words: string[] }[] = [];
  const files: OwnFile[] = [];
  const env: Record<string, string> = {};
  const object: Record<string, unknown> = {};
  for (const name of Object.keys(schema.properties)) {
    const how = pass[name];
    const value = params[name];
    if (how === undefined || value === undefined) continue;
    if (how.kind === 'flag') flags.push(...flagWords(how, value));
    else if (how.kind === 'file') {
      const file = { path: `${OWN_FILES}/${name}`, content: word(value) };
      files.push(file);
      flags.push(...flagWords(how, file.path));
    } else if (how.kind === 'positional') positionals.push({ position: how.position, words: words(value) });
    else if (how.kind === 'env') env[how.name] = word(value);
    else object[name] = value;
  }
  const ordered = positionals.toSorted((a, b) => a.position - b.position).flatMap((each) => each.words);
  return { args: [...args, ...flags, ...ordered], files, env, ...(stdin === 'json' ? { input: JSON.stringify(object) } : {}) };
}

function flagWords({ flag, style }: Extract<Pass, { kind: 'flag' | 'file' }>, value: unknown): string[] {
  if (value === true) return [flag];
  if (value === false) return [];
  return words(value).flatMap((each) => (style === 'equals' ? [`${flag}=${each}`] : [flag, each]));
}

function words(value: unknown): string[] {
  return Array.isArray(value) ? value.map(word) : [word(value)];
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
