import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import { escapeGlob } from './glob.ts';
import { anchor, type Anchors, type Capability, parseCapabilities } from './grammar.ts';
import { unwrap } from './wrappers.ts';

export interface Needs {
  readonly required: readonly Capability[];
  /** The programs that are started, which are among the required ones. */
  readonly starts: readonly Start[];
  readonly optional: readonly Capability[];
  /** That of the programs which starts others that nothing can foresee. */
  readonly opaque?: { readonly capability: Capability; readonly reason: string };
  /** Somebody's word for just this tool, where what it does is such that no other grant is enough. */
  readonly consent?: { readonly capability: Capability; readonly effect: string; readonly risk: string };
  /** To call it, where a run does so. */
  readonly called?: Capability;
}

export interface Start {
  readonly capability: Capability;
  /** The same by the file that the program really is, which a rule against that file or its name is also for. */
  real(): Capability | undefined;
}

/** What of a call its manifest does not say. */
export interface Call {
  readonly params: Readonly<Record<string, unknown>>;
  /** The words after the program; a script's own among them. */
  readonly words: readonly string[];
  /** Where relative paths among them start. */
  readonly cwd: string;
  /** Whether a run calls it by its name. */
  readonly isCalled: boolean;
  /** The file that a program really is. */
  fileOf(program: string): string | undefined;
}

/** What one call of a tool needs: its declared capabilities with the parameters filled in, and the start of its program and of those in it. */
export function needsOf(tool: Tool, { params, words, cwd, isCalled, fileOf }: Call, anchors: Anchors): Needs {
  const resolve = (texts: readonly string[]): Capability[] =>
    texts
      .flatMap((text) => fill(text, params))
      .flatMap(parseCapabilities)
      .map((capability) => anchor(capability, anchors));
  const program = programOf(tool);
  const inner = program === undefined || tool.executable.type === 'native' ? { programs: [] } : unwrap([program, ...words], cwd, fileOf);
  const starts = [...(program === undefined ? [] : [program]), ...inner.programs].map((each): Start => {
    let file: string | undefined;
    const real = (): Capability | undefined => {
      file ??= fileOf(each) ?? each;
      return file === each ? undefined : execOf(file);
    };
    return { capability: execOf(each), real };
  });
  const last = starts.at(-1)?.capability;
  return {
    starts,
    required: [...starts.map(({ capability }) => capability), ...resolve(tool.capabilities.required).filter((declared) => !starts.some(({ capability }) => isSame(capability, declared)))],
    optional: resolve(tool.capabilities.optional),
    ...(last === undefined || inner.opaque === undefined ? {} : { opaque: { capability: last, reason: inner.opaque } }),
    ...(isCalled ? { called: callOf(tool) } : {}),
    ...(needsConsent(tool) ? { consent: { capability: callOf(tool), effect: tool.effect, risk: tool.risk } } : {}),
  };
}

function isSame(a: Capability, b: Capability): boolean {
  return a.domain === b.domain && a.action === b.action && a.scope === b.scope;
}

/** The capability to start just this program. */
export function execOf(program: string): Capability {
  return { domain: 'proc', action: 'exec', scope: escapeGlob(program) };
}

/** Whether a tool runs only with somebody's word for just this one. */
function needsConsent({ effect, risk }: Tool): boolean {
  return effect === 'privileged' || risk === 'high';
}

/** What that word is given for. */
function callOf({ executable, name, qualified }: Tool): Capability {
  if (executable.type === 'agent') return { domain: 'agent', action: 'spawn', scope: escapeGlob(name) };
  return { domain: 'tool', action: 'call', scope: escapeGlob(qualified) };
}

/**
 * How `proc:exec` speaks of the program that toka starts for a tool: by its name where it is looked up in PATH, by its whole path where the
 * manifest gives one, so that a grant for `git` is none for a file of that name. Native code in toka's own process starts none; that
 * of a plugin was agreed to when it was installed, and runs in a sandbox.
 */
export function programOf({ executable, origin }: Pick<Tool, 'executable' | 'origin'>): string | undefined {
  if (executable.type === 'native') return origin.kind === 'bundled' || origin.kind === 'plugin' ? undefined : 'node';
  if (executable.type === 'shell' || executable.type === 'python') return executable.interpreter;
  return executable.type === 'code' || executable.type === 'agent' || executable.type === 'prompt' ? undefined : executable.path;
}

/** Fills `{name}` in: a list stands for one capability each, an absent parameter for none. */
function fill(template: string, params: Readonly<Record<string, unknown>>): string[] {
  // The odd parts are the names; values are never looked into for further ones.
  const parts = template.split(/\{([\w-]+)\}/);
  return parts.reduce<string[]>(
    (texts, part, at) => (at % 2 === 0 ? texts.map((text) => text + part) : valuesOf(params[part], template).flatMap((value) => texts.map((text) => text + value))),
    [''],
  );
}

function valuesOf(value: unknown, template: string): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((each) => {
    if (typeof each === 'string') return escapeGlob(each);
    throw new TokaError('TOKA_MANIFEST_INVALID', `the capability ${template} names a parameter that is not text`, {
      hint: 'only parameters of type path, string or enum can stand in a capability',
    });
  });
}
