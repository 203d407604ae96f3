import wabt from 'wabt';

/** What the programs of these tests import from WASI preview 1. */
const IMPORTS = {
  environ_get: '(param i32 i32) (result i32)',
  environ_sizes_get: '(param i32 i32) (result i32)',
  fd_prestat_get: '(param i32 i32) (result i32)',
  fd_read: '(param i32 i32 i32 i32) (result i32)',
  fd_write: '(param i32 i32 i32 i32) (result i32)',
  path_open: '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)',
  proc_exit: '(param i32)',
};

/** Where a program has its text. */
export const TEXT = 1024;
const BUFFER = 8192;

const assembler = wabt();

/** The binary form of WebAssembly text, with the names of its functions. */
export async function assembled(text: string): Promise<Buffer> {
  const { parseWat } = await assembler;
  const module = parseWat('test.wat', text);
  try {
    return Buffer.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** A program with functions for what these tests do, and a text at hand. */
export async function program(body: string, text = ''): Promise<Buffer> {
  const imports = Object.entries(IMPORTS).map(([name, type]) => `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))`);
  const data = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return assembled(`(module ${imports.join('\n')}
    (memory (export "memory") 1)
    (data (i32.const ${TEXT}) "${data}")
    ;; The first folder it was given whose name has so many bytes.
    (func $folder (param $length i32) (result i32) (local $fd i32)
      (local.set $fd (i32.const 3))
      (loop $next
        (if (call $fd_prestat_get (local.get $fd) (i32.const 0)) (then (return (i32.const -1))))
        (if (i32.eq (i32.load (i32.const 4)) (local.get $length)) (then (return (local.get $fd))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br $next))
      (unreachable))
    ;; Opens the file that the text names; ends with the number of the error where it cannot.
    (func $open (param $folder i32) (param $path i32) (param $length i32) (param $flags i32) (param $rights i64) (result i32) (local $error i32)
      (local.set $error (call $path_open (local.get $folder) (i32.const 1) (local.get $path) (local.get $length) (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))
      (if (local.get $error) (then (call $proc_exit (local.get $error))))
      (i32.load (i32.const 16)))
    (func $write (param $fd i32) (param $from i32) (param $length i32)
      (i32.store (i32.const 32) (local.get $from))
      (i32.store (i32.const 36) (local.get $length))
      (if (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 40)) (then (unreachable))))
    ;; Reads a piece of a file to ${BUFFER}.
    (func $read (param $fd i32) (result i32)
      (i32.store (i32.const 32) (i32.const ${BUFFER}))
      (i32.store (i32.const 36) (i32.const 32768))
      (if (call $fd_read (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 40)) (then (unreachable)))
      (i32.load (i32.const 40)))
    (func $main (export "_start") ${body}))`);
}

/** Prints a text. */
export const printing = async (text: string): Promise<Buffer> => program(`(call $write (i32.const 1) (i32.const ${TEXT}) (i32.const ${Buffer.byteLength(text)}))`, text);

/** Prints the beginning of a file in one of its folders; its exit code is the error number of WASI where it cannot. */
export const catting = async (folder: string, file: string): Promise<Buffer> =>
  program(
    `(call $write (i32.const 1) (i32.const ${BUFFER})
       (call $read (call $open (call $folder (i32.const ${Buffer.byteLength(folder)})) (i32.const ${TEXT}) (i32.const ${Buffer.byteLength(file)}) (i32.const 0) (i64.const 2))))`,
    file,
  );

/** Writes a text into a file in one of its folders. */
export const writing = async (folder: string, file: string, text: string): Promise<Buffer> =>
  program(
    `(call $write (call $open (call $folder (i32.const ${Buffer.byteLength(folder)})) (i32.const ${TEXT}) (i32.const ${Buffer.byteLength(file)}) (i32.const 1) (i64.const 64))
       (i32.const ${TEXT + Buffer.byteLength(file)}) (i32.const ${Buffer.byteLength(text)}))`,
    `${file}${text}`,
  );

/** Copies standard input to standard output. */
export const echoing = async (): Promise<Buffer> => program(`(call $write (i32.const 1) (i32.const ${BUFFER}) (call $read (i32.const 0)))`);

/** Prints its variables, each with a zero at the end. */
export const environment = async (): Promise<Buffer> =>
  program(`(drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_get (i32.const ${TEXT}) (i32.const ${BUFFER})))
    (call $write (i32.const 1) (i32.const ${BUFFER}) (i32.load (i32.const 4)))`);
