import { basename, dirname, extname } from 'node:path';
import { TokaError } from '../errors.ts';
import { nearest } from '../manifest/nearest.ts';
import type { IndexedTool, RegistryIndex } from './index-file.ts';

/**
 * Finds the one tool that a name means.
 *
 * @param prefer From the configuration: the source to take for a name that several sources have.
 * @throws TokaError TOKA_TOOL_UNKNOWN, TOKA_TOOL_AMBIGUOUS, TOKA_MANIFEST_INVALID where the manifest of that name cannot be read
 */
export function resolveTool(index: RegistryIndex, name: string, prefer: Readonly<Record<string, string>>): IndexedTool {
  const found = index.find(name);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (only) return preferred(found, name, prefer);
  throw unknown(index, name);
}

function preferred(found: readonly IndexedTool[], name: string, prefer: Readonly<Record<string, string>>): IndexedTool {
  const source = Object.hasOwn(prefer, name) ? prefer[name] : undefined;
  const chosen = found.find(({ tool }) => tool.source === source);
  if (chosen) return chosen;
  const files = found.map(({ tool }) => tool.origin.file);
  const names = [...new Set(found.map(({ tool }) => tool.qualified))];
  const unmet = source === undefined ? '' : `prefer names ${source}, which has no tool of this name: `;
  throw new TokaError('TOKA_TOOL_AMBIGUOUS', `"${name}" is the name of ${found.length} tools: ${found.map(({ tool }) => `${tool.qualified} (${tool.origin.file})`).join(', ')}`, {
    hint:
      names.length === found.length
        ? `${unmet}use one of the full names, or set prefer: { ${name}: ${found[0]?.tool.source} } in the configuration`
        : 'two manifests of one source declare the same name: rename one of them',
    data: { candidates: names, files },
  });
}

function unknown(index: RegistryIndex, name: string): TokaError {
  const broken = index.problems().find(({ file }) => isNamedAfter(file, name.slice(name.lastIndexOf('/') + 1)));
  if (broken) {
    const { code, message, where = { file: broken.file }, data = {} } = broken;
    return new TokaError(code, message, { where, data, hint: 'correct the manifest, and check it with toka tools validate' });
  }
  const near = nearest(name, index.names());
  const isPluginBroken = index.problems().some(({ source }) => source === '');
  return new TokaError('TOKA_TOOL_UNKNOWN', `no tool is named "${name}"`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}toka tools list shows all of them${isPluginBroken ? '; a plugin does not work, toka plugins list says why' : ''}`,
    data: { name, ...(near === undefined ? {} : { suggestion: near }) },
  });
}

/** Manifests are named `NAME.yaml`, or stand alone in a folder `NAME`. */
function isNamedAfter(file: string, name: string): boolean {
  return basename(file, extname(file)) === name || basename(dirname(file)) === name;
}
