import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { PluginOrigin } from '../../registry/plugins/record.ts';

/** What a person names to be installed. */
export interface Spec {
  readonly from: Exclude<PluginOrigin, 'link'>;
  /** In npm's words; never a path, which npm could take for the name of a repository. */
  readonly npm: string;
}

const PACKAGE = /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*(?:@[^@\s/]+)?$/;
const REPOSITORY = /^(?:git\+|git:\/\/|github:|gitlab:|bitbucket:|ssh:\/\/)|\.git(?:#.*)?$/;
const PATH = /^(?:file:|\.{1,2}(?:\/|$)|\/|~\/)|\.(?:tgz|tar\.gz)$/;

/**
 * Tells the name of a package from a tarball, a folder and a git repository.
 *
 * @throws TokaError TOKA_USAGE
 */
export function parseSpec(text: string, cwd: string): Spec {
  if (text.startsWith('https://') && !REPOSITORY.test(text)) return { from: 'tarball', npm: text };
  if (REPOSITORY.test(text)) return { from: 'git', npm: inWordsOfGit(text, cwd) };
  if (PATH.test(text)) return localSpec(resolve(cwd, text.replace(/^file:/, '')));
  if (PACKAGE.test(text)) return { from: 'registry', npm: text };
  throw new TokaError('TOKA_USAGE', `expected a package (NAME or NAME@VERSION), a tarball, a folder or a git address, found "${text}"`, {
    hint: existsSync(resolve(cwd, text)) ? `write a path as ./${text}` : 'a repository is written as git+https://…, a path begins with ./ or /',
  });
}

function localSpec(path: string): Spec {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new TokaError('TOKA_USAGE', `there is no ${path}`, { hint: 'check the path; the name of a package is written without ./ and /' });
  if (stat.isDirectory() && !existsSync(join(path, 'package.json'))) throw new TokaError('TOKA_USAGE', `${path} is no package: it has no package.json`, { hint: 'name the folder of a plugin, or make one with toka plugins generate' });
  return { from: stat.isDirectory() ? 'folder' : 'tarball', npm: `file:${path}` };
}

/** A bare repository on this machine is a path that ends with `.git`. */
function inWordsOfGit(text: string, cwd: string): string {
  const [path = '', branch] = text.split('#');
  const isPath = !path.includes(':') && existsSync(resolve(cwd, path));
  return isPath ? `git+file://${resolve(cwd, path)}${branch === undefined ? '' : `#${branch}`}` : text;
}

/** The path of a spec that is one. */
export function pathOf({ npm }: Spec): string | undefined {
  return npm.startsWith('file:') ? npm.slice('file:'.length) : undefined;
}
