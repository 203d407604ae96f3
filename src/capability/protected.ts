/**
 * What a project's own tools, shells and editors run or trust, in a folder that they are started in: a grant to write a tree does not reach it
 * unless it names it. Not what people run on purpose (Makefile, package.json, CI workflows): that is source, which a change shows.
 */
const STEERING = {
  toka: [
    'toka.yaml',
    'toka.config.yaml',
    'toka.config.json',
    'toka.config.toml',
    'toka.lock',
    '.toka',
    '.tokarc',
  ],
  git: [
    '.git',
    '.gitconfig',
    '.gitmodules',
    '.husky',
    '.pre-commit-config.yaml',
  ],
  'package managers': [
    '.npmrc',
    '.pnpmfile.cjs',
    '.yarnrc',
    '.yarnrc.yml',
  ],
  shells: [
    '.bash_aliases',
    '.bash_login',
    '.bash_logout',
    '.bash_profile',
    '.bashrc',
    '.envrc',
    '.inputrc',
    '.profile',
    '.zlogin',
    '.zlogout',
    '.zprofile',
    '.zshenv',
    '.zshrc',
  ],
  'editors, debuggers and agents': [
    '.claude',
    '.cursor',
    '.dir-locals.el',
    '.exrc',
    '.gdbinit',
    '.idea',
    '.lldbinit',
    '.mcp.json',
    '.nvim.lua',
    '.nvimrc',
    '.vimrc',
    '.vscode',
  ],
} as const;

export const PROTECTED: readonly string[] = Object.values(STEERING).flat();

/** What the last name of a protected path steers. */
export function steeredBy(part: string): string {
  const name = part.slice(part.lastIndexOf('/') + 1);
  return Object.entries(STEERING).find(([, names]) => (names as readonly string[]).includes(name))?.[0] ?? '';
}

/** The path up to and with the last name in it that is protected; `undefined` where none is. */
export function protectedPart(path: string): string | undefined {
  const segments = path.split('/');
  const last = segments.findLastIndex((segment) => PROTECTED.includes(segment));
  return last === -1 ? undefined : segments.slice(0, last + 1).join('/');
}
