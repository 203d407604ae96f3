import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSContext, type QuickJSRuntime, type QuickJSSyncVariant } from 'quickjs-emscripten-core';

export interface Engine {
  readonly context: QuickJSContext;
  readonly runtime: QuickJSRuntime;
  readonly memory: WebAssembly.Memory;
}

// Its types tell of its build in CommonJS, which has it one level deeper.
const quickjsNg = variant as unknown as QuickJSSyncVariant;

const PAGE = 64 * 1024;

/** Pages that the module demands to start with. */
const LEAST = 256;

const MOST = 32_768;

const STACK = 512 * 1024;

/** An interpreter in a memory of its own, that can never grow beyond so many bytes. */
export async function makeEngine(module: WebAssembly.Module, bytes: number): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: LEAST, maximum: Math.min(MOST, Math.max(LEAST, Math.ceil(bytes / PAGE))) });
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(quickjsNg, {
      wasmMemory: memory,
      emscriptenModule: {
        instantiateWasm(imports, onSuccess) {
          const instance = new WebAssembly.Instance(module, imports);
          onSuccess(instance);
          return instance.exports;
        },
      },
    }),
  );
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(bytes);
  runtime.setMaxStackSize(STACK);
  return { context: runtime.newContext(), runtime, memory };
}
