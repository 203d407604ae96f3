import { definePlaces } from '@toka/sdk/testing';
import { assembled, program, TEXT } from './modules.ts';

const base64 = (module: Buffer): string => module.toString('base64');

/** Reads `{"a":2,"b":3}` and writes `{"sum":5}`, each number of one digit. */
const ADDING = `
  (drop (call $read (i32.const 0)))
  (i32.store8 (i32.const ${TEXT + 18}) (i32.sub (i32.add (i32.load8_u (i32.const 8197)) (i32.load8_u (i32.const 8203))) (i32.const 48)))
  (call $write (call $open (call $folder (i32.const 5)) (i32.const ${TEXT}) (i32.const 11) (i32.const 1) (i64.const 64)) (i32.const ${TEXT + 11}) (i32.const 9))`;

const PRINTING = `(call $write (i32.const 1) (i32.const ${TEXT}) (i32.const 10)) (call $write (i32.const 2) (i32.const ${TEXT + 10}) (i32.const 10))`;

/** The assembler takes no names with spaces. */
const named = (module: Buffer): Buffer => Buffer.from(module.toString('latin1').replace('broken_on_purpose', 'broken on purpose'), 'latin1');

export default definePlaces({
  runtimes: {
    wasm: {
      language: 'wasm',
      result: base64(await program(ADDING, 'result.json{"sum":0}')),
      prints: base64(await program(PRINTING, 'to stdout\nto stderr\n')),
      // Its place has the number of the function where other languages have a line.
      throws: base64(named(await assembled('(module (memory (export "memory") 1) (func) (func) (func $broken_on_purpose unreachable) (func (export "_start") (call 2)))'))),
      endless: base64(await program(`(call $write (i32.const 1) (i32.const ${TEXT}) (i32.const 8)) (loop $on (br $on))`, 'started\n')),
    },
  },
});
