/** What a project's own tools and editors run or trust: a grant to write a tree does not reach it unless it names it. */
export const PROTECTED = [
  '.git',
  '.toka',
  '.vscode',
  '.idea',
  '.husky',
  '.envrc',
  '.npmrc',
  '.bashrc',
  '.bash_profile',
  '.profile',
  '.zshrc',
  '.zprofile',
  '.gitconfig',
  '.gitmodules',
  '.mcp.json',
  'toka.lock',
];

/** The path up to and with the last name in it that is protected; `undefined` where none is. */
export function protectedPart(path: string): string | undefined {
  const segments = path.split('/');
  const last = segments.findLastIndex((segment) => PROTECTED.includes(segment));
  return last === -1 ? undefined : segments.slice(0, last + 1).join('/');
}
