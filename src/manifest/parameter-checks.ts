import type { JsonValue } from '@toka/sdk';
import { quote, type Issue, type Path } from './issue.ts';
import type { Parameter, PassDeclaration } from './parameter.ts';
import type { ExecutableDeclaration } from './tool-manifest.ts';
import { checkValue } from './values.ts';

/** A parameter and its index in the list of the manifest. */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

/** Whether a tool of this type is a process that gets its parameters by arguments, environment or standard input. */
export function isProcess(executable: ExecutableDeclaration): executable is Extract<ExecutableDeclaration, { stdin: unknown }> {
  return 'stdin' in executable;
}

/** What the schema cannot say about parameters: relations inside one, between them, and with the executable. */
export function checkParameters(list: readonly Indexed<Parameter>[], executable: ExecutableDeclaration | undefined, base: Path): Issue[] {
  return [
    ...list.flatMap(({ index, value }) => checkOne(value, [...base, index])),
    ...checkDuplicates(list, base),
    ...(executable === undefined ? [] : list.flatMap(({ index, value }) => checkPass(value, executable, [...base, index]))),
    ...checkPositionals(list, base),
  ];
}

function checkOne(parameter: Parameter, path: Path): Issue[] {
  const issues: Issue[] = [];
  const preset = 'default' in parameter ? (parameter.default as JsonValue | undefined) : undefined;
  if (preset !== undefined && parameter.required) {
    issues.push({ path: [...path, 'default'], at: 'key', code: 'conflict', expected: 'either required: true or a default', found: 'both' });
  }
  if (preset !== undefined) issues.push(...checkValue(parameter, preset, [...path, 'default']));
  if (parameter.type === 'secret') issues.push(...checkSecret(parameter.pass, [...path, 'pass']));
  issues.push(...checkBounds(parameter, path));
  if (parameter.type === 'array') issues.push(...checkBounds(parameter.items, [...path, 'items']));
  return issues;
}

function checkSecret(pass: PassDeclaration | undefined, path: Path): Issue[] {
  if (pass === undefined || !('flag' in pass || 'positional' in pass)) return [];
  const found = 'flag' in pass ? 'flag' : 'positional';
  return [{ path, code: 'conflict', expected: 'file, env or stdin, since every process sees the arguments of the others', found }];
}

function checkBounds(declared: object, path: Path): Issue[] {
  const figures = declared as Readonly<Record<string, unknown>>;
  return [
    ['minimum', 'maximum'],
    ['minLength', 'maxLength'],
    ['minItems', 'maxItems'],
  ].flatMap(([low = '', high = '']): Issue[] => {
    const [least, greatest] = [figures[low], figures[high]];
    if (typeof least !== 'number' || typeof greatest !== 'number' || least <= greatest) return [];
    return [{ path: [...path, low], code: 'conflict', expected: `at most ${high} (${greatest})`, found: String(least) }];
  });
}

function checkPass(parameter: Parameter, executable: ExecutableDeclaration, path: Path): Issue[] {
  const { pass } = parameter;
  if (!isProcess(executable)) {
    if (pass === undefined) return [];
    const expected = `no pass, since a ${executable.type} tool takes its parameters as an object`;
    return [{ path: [...path, 'pass'], at: 'key', code: 'conflict', expected }];
  }
  if (pass === undefined) {
    const expected = `how a ${executable.type} tool gets it: flag, positional, file, env or stdin`;
    return [{ path: [...path, 'pass'], at: 'key', code: 'missing-key', expected }];
  }
  if ('stdin' in pass && executable.stdin !== 'json') {
    const expected = 'executable.stdin to be json';
    return [{ path: [...path, 'pass', 'stdin'], at: 'key', code: 'conflict', expected, found: executable.stdin }];
  }
  return [];
}

function checkDuplicates(list: readonly Indexed<Parameter>[], base: Path): Issue[] {
  const keyed: readonly [key: string, of: (parameter: Parameter) => string | undefined][] = [
    // Both spellings become the same flag on toka's command line.
    ['name', ({ name }) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)],
    ['position', ({ position }) => position?.toString()],
    ['pass', ({ pass }) => (pass === undefined ? undefined : passKey(pass))],
  ];
  return keyed.flatMap(([key, of]) => {
    const seen = new Map<string, string>();
    return list.flatMap(({ index, value }): Issue[] => {
      const text = of(value);
      if (text === undefined) return [];
      const first = seen.get(text);
      seen.set(text, first ?? value.name);
      if (first === undefined) return [];
      const expected = `another ${key} than that of ${quote(first)}`;
      return [{ path: [...base, index, key], code: 'duplicate', expected, found: quote(text) }];
    });
  });
}

function passKey(pass: PassDeclaration): string | undefined {
  if ('flag' in pass) return pass.flag;
  if ('file' in pass) return pass.file;
  if ('positional' in pass) return `positional ${pass.positional}`;
  return 'env' in pass ? `env ${pass.env}` : undefined;
}

/** A positional argument that is left out, or that is a list, would shift those that follow it. */
function checkPositionals(list: readonly Indexed<Parameter>[], base: Path): Issue[] {
  const positionals = list.flatMap(({ index, value }) =>
    value.pass !== undefined && 'positional' in value.pass ? [{ index, value, position: value.pass.positional }] : [],
  );
  const last = Math.max(...positionals.map(({ position }) => position));
  return positionals
    .filter(({ position }) => position < last)
    .flatMap(({ index, value, position }): Issue[] => {
      const path = [...base, index, 'pass', 'positional'];
      const conflict = { path, code: 'conflict', found: String(position) } as const;
      if (value.type === 'array') return [{ ...conflict, expected: `a list only in the last place, ${last}` }];
      if (value.required || ('default' in value && value.default !== undefined)) return [];
      return [{ ...conflict, expected: 'required: true or a default, since a later positional would move here where it is left out' }];
    });
}
