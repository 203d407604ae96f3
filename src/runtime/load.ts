import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ToolDefinition } from '@toka/sdk';
import { TokaError } from '../errors.ts';

/**
 * Loads a native tool from its entry file.
 *
 * @throws TokaError TOKA_RUNTIME_UNAVAILABLE
 */
export async function loadNative(entry: string): Promise<ToolDefinition> {
  const tool = defaultOf(await load(entry));
  if (typeof tool?.run === 'function') return tool as ToolDefinition;
  throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${entry} does not export a tool as its default`, { hint: 'export default defineTool({…})' });
}

/** `require` is quicker than `import` by some milliseconds, and all bundled tools are CommonJS. */
async function load(entry: string): Promise<unknown> {
  try {
    if (entry.endsWith('.cjs')) return createRequire(entry)(entry) as unknown;
    return (await import(pathToFileURL(entry).href)) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `cannot load the tool ${entry}: ${why}`, { cause, hint: 'is it built and complete?' });
  }
}

/** A default export, also where a bundler wrapped it once more. */
function defaultOf(module: unknown): Partial<ToolDefinition> | undefined {
  const { default: inner } = module as { default?: Partial<ToolDefinition> & { default?: Partial<ToolDefinition> } };
  return inner?.default ?? inner;
}
