import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';

/** Whether manifests can already name a type of tool that this release does not run: no grant would help. */
export function isReserved({ executable }: Tool): boolean {
  return executable.type === 'wasm' || executable.type === 'mcp';
}

export function reserved({ executable, qualified, origin }: Tool): TokaError {
  return new TokaError('TOKA_RUNTIME_UNAVAILABLE', `${qualified} is of type ${executable.type}, and no runtime for it is installed`, {
    hint: `see ${origin.file}; this release runs native, shell, python and external tools`,
  });
}
