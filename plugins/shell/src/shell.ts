import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { defineRuntime, RUNTIME_FILES, type ProgramHost } from '@toka/sdk';

export default defineRuntime({
  id: 'shell',
  summary: 'Run shell scripts: bash with set -euo pipefail, or sh where there is no bash',
  languages: { shell: ['.sh', '.bash'] },
  supports: { calls: false, requirements: false },
  isolation: 'sandbox',
  async probe({ env }: ProgramHost) {
    const shell = ['bash', 'sh'].find((name) => isIn(env['PATH'] ?? '', name));
    if (shell !== undefined) return { available: true, version: shell };
    return { available: false, reason: 'neither bash nor sh in PATH', hint: 'install bash: apt install bash, dnf install bash, pacman -S bash or apk add bash' };
  },
  program: async () => ({
    argv: [process.execPath, `${RUNTIME_FILES}/driver.cjs`],
    files: { 'driver.cjs': readFileSync(join(import.meta.dirname, 'parts/driver.cjs'), 'utf8') },
    reads: [process.execPath],
  }),
});

function isIn(path: string, name: string): boolean {
  return path.split(delimiter).filter(isAbsolute).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
