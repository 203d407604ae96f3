/**
 * Longer names for capabilities, each with all that it stands for: as little as its name honestly allows, and nothing that is not enforced.
 * docs/capabilities.md has the same table with the reasons.
 */
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'cargo-access': ['proc:exec:cargo', 'fs:read:**', 'fs:write:target/**', 'fs:read:~/.cargo/registry/**'],
  'database-access': ['net:connect:*:1433', 'net:connect:*:1521', 'net:connect:*:3306', 'net:connect:*:5432', 'net:connect:*:6379', 'net:connect:*:27017'],
  'docker-access': ['proc:exec:docker'],
  'filesystem-read': ['fs:read:**'],
  'filesystem-write': ['fs:write:**'],
  'git-access': ['proc:exec:git', 'fs:read:.git/**'],
  'interactive-mode': ['env:read:TERM', 'env:read:COLORTERM', 'env:read:COLUMNS', 'env:read:LINES'],
  monitoring: ['fs:read:**'],
  'network-access': ['net:connect'],
  'process-execution': ['proc:exec'],
  'system-config': ['fs:read:/etc/**'],
  validation: ['fs:read:**'],
};

/** What a text stands for: the capabilities of a longer name, or just itself. */
export function expandAlias(text: string): readonly string[] {
  return (Object.hasOwn(ALIASES, text) ? ALIASES[text] : undefined) ?? [text];
}
