import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { ToolContext } from '@toka/sdk';

/** A path as people read it: relative to the caller's folder where it lies below it, else absolute. */
export function displayPath(ctx: ToolContext, path: string): string {
  const absolute = resolve(ctx.cwd, path);
  const below = relative(ctx.cwd, absolute);
  if (below === '') return '.';
  return below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below) ? absolute : below;
}
