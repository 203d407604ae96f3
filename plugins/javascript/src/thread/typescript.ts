import { stripTypeScriptTypes } from 'node:module';

/** The same program without its types: each is replaced by spaces, so that places stay as they are. */
export function withoutTypes(source: string): string {
  process.removeAllListeners('warning');
  return stripTypeScriptTypes(source);
}
