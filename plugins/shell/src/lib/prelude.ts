/**
 * What bash reads before the script (`BASH_ENV`): under `set -e` a script ends at the first command that fails, and bash itself does not say which
 * that was.
 */
export function prelude(name: string): string {
  const text = `'${name.replaceAll("'", String.raw`'\''`)}'`;
  return `unset BASH_ENV
set -E
trap 'case $- in *e*) printf "%s:%s: \\\`%s\\\` ended with %s, and so does the script (set -e)\\n" ${text.replaceAll("'", String.raw`'\''`)} "$LINENO" "$BASH_COMMAND" "$?" >&2 ;; esac' ERR
`;
}
