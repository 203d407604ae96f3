import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineRuntime, RUNTIME_FILES, type Program } from '@toka/sdk';
import { environmentFor, makeEnvironment } from './lib/environment.ts';
import { findInterpreter, INSTALL_PYTHON, OLDEST, requireInterpreter } from './lib/interpreter.ts';

export default defineRuntime({
  id: 'python',
  summary: 'Run Python with the python3 of this machine',
  languages: { python: ['.py'] },
  supports: { calls: true, requirements: true },
  isolation: 'sandbox',
  async probe({ env }) {
    const interpreter = findInterpreter(env);
    if (interpreter) return { available: true, version: interpreter.version };
    return { available: false, reason: `no python3 of version ${OLDEST} or later in PATH`, hint: INSTALL_PYTHON };
  },
  async program({ requirements }, { env, folder }): Promise<Program> {
    const interpreter = requireInterpreter(env);
    const environment = environmentFor(folder, interpreter, requirements);
    return {
      argv: [environment === undefined ? interpreter.program : join(environment, 'bin', 'python'), '-I', '-B', '-X', 'utf8', `${RUNTIME_FILES}/driver.py`],
      files: { 'driver.py': readFileSync(join(import.meta.dirname, '../driver/driver.py'), 'utf8') },
      reads: [...interpreter.reads, ...(environment === undefined ? [] : [environment])],
      ...(environment === undefined ? {} : { env: { PATH: `${environment}/bin:/usr/local/bin:/usr/bin:/bin`, VIRTUAL_ENV: environment } }),
    };
  },
  async setup({ requirements }, host) {
    if (requirements.length > 0) await makeEnvironment(requireInterpreter(host.env), requirements, host);
  },
});
