import { definePlaces } from '@toka/sdk/testing';
import { program, writing } from './modules.ts';

const source = (module: Uint8Array): string => Buffer.from(module).toString('base64');

export default definePlaces({
  runtimes: {
    wasm: {
      language: 'wasm',
      // To read JSON would take a program of its own: this one knows what the parameters are.
      result: source(await writing('/toka', 'result.json', '{"sum":5}')),
      prints: source(await program('(call $write (i32.const 1) (i32.const 1024) (i32.const 10)) (call $write (i32.const 2) (i32.const 1034) (i32.const 10))', 'to stdout\nto stderr\n')),
      endless: source(await program('(call $write (i32.const 1) (i32.const 1024) (i32.const 8)) (loop $on (br $on))', 'started\n')),
    },
  },
});
