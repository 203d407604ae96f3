import { fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { grantedFolders } from './granted.ts';
import { type Failure, trapOf } from './trap.ts';

/** Where a module finds its parameters and leaves its result. */
const OWN = '/toka';

export interface Task {
  readonly module: WebAssembly.Module;
  /** Of the files for its parameters and result. */
  readonly folder: string;
  readonly name: string;
}

export interface Ending {
  readonly exitCode: number;
  readonly failure?: Failure;
}

/** Runs a command module of WASI preview 1 to its end. */
export async function runCommand({ module, folder, name }: Task): Promise<Ending> {
  const wasi = new WASI({
    version: 'preview1',
    args: [name],
    env: { ...process.env, TOKA_PARAMS: `${OWN}/params.json`, TOKA_RESULT: `${OWN}/result.json` },
    // Not a boundary, since links in them are followed: that is the sandbox, which has nothing but what was granted.
    preopens: { ...grantedFolders(), [OWN]: folder },
    stdin: hasInput() ? 0 : openSync(join(folder, 'params.json'), 'r'),
    returnOnExit: true,
  });
  try {
    return { exitCode: wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports)) };
  } catch (error) {
    return { exitCode: 1, failure: error instanceof WebAssembly.LinkError ? unlinked(error, name) : trapOf(error, name) };
  }
}

/** Whether the caller has given something on standard input. */
function hasInput(): boolean {
  return !fstatSync(0).isCharacterDevice();
}

function unlinked({ message }: Error, name: string): Failure {
  return { code: 'CODE_UNSUPPORTED', message: `${name} cannot be linked: ${message}`, hint: 'build it for wasm32-wasip1' };
}
