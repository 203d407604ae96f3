import type * as BiscuitWasm from '@biscuit-auth/biscuit-wasm';
import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { TokaError } from '../../errors.ts';

export type Biscuit = BiscuitWasm.Biscuit;
type Library = Pick<typeof BiscuitWasm, 'AuthorizerBuilder' | 'Biscuit' | 'PrivateKey' | 'PublicKey'>;

/** The part of the WebAssembly interface that is used here; neither the language nor Node.js brings types of it. */
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (module: object, imports: Readonly<Record<string, unknown>>) => { readonly exports: Readonly<Record<string, unknown>> };
};

const NAME = '@biscuit-auth/biscuit-wasm';

/** The number by which the library names Ed25519. */
export const ED25519 = 0;

let loaded: Library | undefined;

/**
 * Loads Biscuit, 20 ms, when the first token is read or made. Its package is written for bundlers: the module is put together here, which also
 * keeps it from printing to standard output while it starts.
 */
export function biscuit(): Library {
  loaded ??= load();
  return loaded;
}

/** What the glue of wasm-bindgen exports beside the library. */
interface Glue extends Library {
  readonly __wbg_set_wasm: (exports: object) => void;
}

function load(): Library {
  const packageFile = findPackageJSON(NAME, import.meta.filename);
  if (packageFile === undefined) {
    throw new TokaError('TOKA_RUNTIME_UNAVAILABLE', `the package ${NAME} is not installed`, { hint: 'install toka anew: it is one of its dependencies' });
  }
  const folder = join(dirname(packageFile), 'module');
  const require = createRequire(packageFile);
  const glue = require(join(folder, 'biscuit_bg.js')) as Glue;
  const module = new WebAssembly.Module(readFileSync(join(folder, 'biscuit_bg.wasm')));
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const { [name]: value } = require(join(folder, from)) as Record<string, unknown>;
    (imports[from] ??= {})[name] = isPrinter(name) ? () => undefined : value;
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  glue.__wbg_set_wasm(exports);
  (exports['__wbindgen_start'] as () => void)();
  return glue;
}

function isPrinter(name: string): boolean {
  return name.startsWith('__wbg_log_');
}
