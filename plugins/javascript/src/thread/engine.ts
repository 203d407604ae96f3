import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSContext, type QuickJSRuntime, type QuickJSSyncVariant } from 'quickjs-emscripten-core';
import { type Exports, LEAST, type Making } from './image.ts';

export interface Engine {
  readonly context: QuickJSContext;
  readonly runtime: QuickJSRuntime;
  readonly memory: WebAssembly.Memory;
  readonly making: Making;
}

// Its types tell of its build in CommonJS, which has it one level deeper.
const quickjsNg = variant as unknown as QuickJSSyncVariant;

const PAGE = 64 * 1024;

const MOST = 32_768;

const STACK = 512 * 1024;

/**
 * An interpreter in a memory of its own, that can never grow beyond so many bytes.
 *
 * @param make What is done with the calls into it while it is made.
 */
export async function makeEngine(module: WebAssembly.Module, bytes: number, make: (exports: Exports) => Making): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: LEAST, maximum: Math.min(MOST, Math.max(LEAST, Math.ceil(bytes / PAGE))) });
  let making: Making | undefined;
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(quickjsNg, {
      wasmMemory: memory,
      emscriptenModule: {
        instantiateWasm(imports, onSuccess) {
          making = make(new WebAssembly.Instance(module, imports).exports as Exports);
          const { exports } = making;
          onSuccess({ exports });
          return exports;
        },
      },
    }),
  );
  const runtime = quickjs.newRuntime();
  return { context: runtime.newContext(), runtime, memory, making: making! };
}

/** Sets the limits of an interpreter that is made. */
export function bound({ runtime }: Engine, bytes: number): void {
  runtime.setMemoryLimit(bytes);
  runtime.setMaxStackSize(STACK);
}
