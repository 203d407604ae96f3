import { coded } from '@toka/sdk';

const MAGIC = Buffer.from('\0asm', 'latin1');
const INTERFACE = 'wasi_snapshot_preview1';

/**
 * Compiles a command module of WASI preview 1.
 *
 * @throws `CODE_SYNTAX`, `CODE_UNSUPPORTED`
 */
export async function requireCommand(bytes: Buffer<ArrayBuffer>, name: string): Promise<WebAssembly.Module> {
  if (!bytes.subarray(0, 4).equals(MAGIC)) {
    throw coded('CODE_SYNTAX', `${name} is no WebAssembly: expected it to begin with 0061736d, found ${bytes.subarray(0, 4).toString('hex') || 'nothing'}`, {
      hint: 'give the binary form (.wasm); wat2wasm makes it of text',
    });
  }
  // After the version: what layer of WebAssembly it is of.
  if (bytes.length >= 8 && bytes.readUInt16LE(6) === 1) {
    throw coded('CODE_UNSUPPORTED', `${name} is a component of WASI preview 2, and this runtime runs modules of preview 1`, { hint: 'build it for wasm32-wasip1' });
  }
  const module = await compiled(bytes, name);
  demandCommand(module, name);
  return module;
}

async function compiled(bytes: Buffer<ArrayBuffer>, name: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^WebAssembly\.compile\(\): /, '');
    throw coded('CODE_SYNTAX', `${name} is no valid WebAssembly module: ${why}`, { cause });
  }
}

function demandCommand(module: WebAssembly.Module, name: string): void {
  const strange = WebAssembly.Module.imports(module).filter((each) => each.module !== INTERFACE);
  if (strange.length > 0) {
    const [first] = strange;
    throw coded('CODE_UNSUPPORTED', `${name} imports ${first!.module}.${first!.name}, and all there is to import is ${INTERFACE}`, { hint: 'build it for wasm32-wasip1' });
  }
  const found = WebAssembly.Module.exports(module).map((each) => `${each.kind} ${each.name}`);
  for (const wanted of ['function _start', 'memory memory']) {
    if (!found.includes(wanted)) throw coded('CODE_UNSUPPORTED', `${name} exports no ${wanted}`, { hint: 'build a program (command), not a library (reactor)' });
  }
}
