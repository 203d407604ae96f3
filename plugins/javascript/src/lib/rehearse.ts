import { type Exports, type Image, LEAST, PAGE } from '../thread/image.ts';

/**
 * Lets the engine read and run a short program of toka's own in a memory that nothing else will use. V8 compiles a function of it when
 * it is first called, and all threads share what is compiled: the one that the first order waits for then finds most of it done.
 *
 * @throws Error where the engine asks for anything meanwhile, which it did not when the image was made
 */
export function rehearse(module: WebAssembly.Module, { places, pages, rehearsal }: Image): void {
  const memory = new WebAssembly.Memory({ initial: LEAST, maximum: LEAST });
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = kind === 'memory' ? memory : refuse;
  const exports = new WebAssembly.Instance(module, imports).exports as Exports;
  const bytes = new Uint8Array(memory.buffer);
  for (const [at, place] of places.entries()) bytes.set(pages.subarray(at * PAGE, (at + 1) * PAGE), place);
  for (const { name, args, writes } of rehearsal) {
    for (const [place, content] of writes) bytes.set(Buffer.from(content, 'base64'), place);
    exports[name]!(...args);
  }
}

function refuse(): never {
  throw new Error('expected an engine that asks for nothing while it runs this program');
}
