import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Begins a cache with what test/support/prepared.ts found out about this machine's sandbox and toka's own tools; its compiled code is one for all files of tests. */
export function beginCache(cache: string): void {
  const prepared = process.env['TOKA_TEST_CACHE'] ?? '';
  mkdirSync(join(cache, 'toka'), { recursive: true });
  symlinkSync(join(prepared, 'compile'), join(cache, 'toka/compile'));
  for (const name of ['bundled.db', 'config', 'sandbox.json'].filter((each) => existsSync(join(prepared, each)))) cpSync(join(prepared, name), join(cache, 'toka', name), { recursive: true });
}
