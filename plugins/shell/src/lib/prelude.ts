/**
 * What bash reads before the script (`BASH_ENV`): under `set -e` a script ends at the first command that fails, and bash does not say which that
 * was. A subshell of it leaves that to the shell that waits for it.
 */
export function prelude(file: string): string {
  return `unset BASH_ENV
set -E
trap 'case $-$BASHPID in *e*"$$") printf "%s\\n%s\\n%s" "$?" "$LINENO" "$BASH_COMMAND" > ${file} ;; esac' ERR
`;
}

/** The command that has ended a script with this exit code, and its line; undefined where it ended otherwise. */
export function endedBy(record: string, exitCode: number): { readonly line: string; readonly command: string } | undefined {
  const [status, line, ...command] = record.split('\n');
  return line !== undefined && status === String(exitCode) ? { line, command: command.join('\n') } : undefined;
}
