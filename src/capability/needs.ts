import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import type { Needs } from './authorize.ts';
import { escapeGlob } from './glob.ts';
import { anchor, type Anchors, type Capability, parseCapabilities } from './grammar.ts';

/** What one call of a tool needs: its declared capabilities with the parameters filled in, and the start of its program. */
export function needsOf(tool: Tool, params: Readonly<Record<string, unknown>>, anchors: Anchors): Needs {
  const resolve = (texts: readonly string[]): Capability[] =>
    texts
      .flatMap((text) => fill(text, params))
      .flatMap(parseCapabilities)
      .map((capability) => anchor(capability, anchors));
  const program = programOf(tool);
  const own: Capability[] = program === undefined ? [] : [{ domain: 'proc', action: 'exec', scope: escapeGlob(program) }];
  return { required: [...own, ...resolve(tool.capabilities.required)], optional: resolve(tool.capabilities.optional) };
}

/**
 * How `proc:exec` speaks of the program that toka starts for a tool: by its name where it is looked up in PATH, by its whole path where the
 * manifest gives one, so that a grant for `git` is none for a file of that name. Native code in toka's own process starts none.
 */
export function programOf({ executable, origin }: Pick<Tool, 'executable' | 'origin'>): string | undefined {
  if (executable.type === 'native') return origin.kind === 'bundled' ? undefined : 'node';
  return executable.type === 'shell' || executable.type === 'python' ? executable.interpreter : executable.path;
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
