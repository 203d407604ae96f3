import type { ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';

/** Where the gate lies inside a sandbox with network. */
export const GATE_PATH = '/dev/toka-gate';
/** Descriptor under which the gate finds the channel to toka. */
export const GATE_CHANNEL = 9;

/** Addresses in the sources count from here: the code follows the two headers. */
const BASE = 0x400000;
const FILE_HEADER = 64;
const PROGRAM_HEADER = 56;
const PAGE = 0x10000;

/** e_machine and the assembled code of gate/*.s; a test assembles them again. */
const CODE: Readonly<Partial<Record<string, { readonly machine: number; readonly hex: readonly string[] }>>> = {
  arm64: { machine: 183, hex: [
    'c81880d2400080d20101a0d2210040b2020080d2010000d4080380d2610180d20201a0d2010000d4081980d2600180d221080010020280d2010000d4800400b5',
    '281980d2600180d2011080d2010000d4e00300b5280380d2200180d2410080d2220080d2010000d4200300b5681a80d2200180d221030010020080d2010000d4',
    '6002f8b7e30340f9e1430091200040f9220c038ba81b80d2010000d41f2000b1c100005460070010e00700f9e1230091a81b80d2010000d4080880d2200180d2',
    '01060010020280d2010000d4c80b80d2c00f80d2010000d400000000000000000000000000000000880140000000000001000000000000009801400000000000',
    '14000000000000000000000000000000bc014000000000003c00000000000000140000000000000001000000010000000b0000000200f55b7f00000100000000',
    '000000007b22636d64223a224e4f44455f48414e444c45222c2274797065223a226e65742e536572766572222c226d7367223a226c697374656e696e67227d0a',
    '226e6f7420737461727461626c65220a2f62696e2f736800',
  ] },
  x64: { machine: 62, hex: [
    'b829000000bf02000000be0100080031d20f0589c7b824010000be0b000000ba000008000f05b831000000bf0b000000beb4014000ba100000000f0585c00f85',
    '8d000000b832000000bf0b000000be800000000f0585c07578b848000000bf09000000be02000000ba010000000f0585c0755eb82e000000bf09000000be5801',
    '400031d20f054885c07846488b0424488d742410488b3e488d14c6b83b0000000f0583f8f87514bf10024000488d74240848893eb83b0000000f05b801000000',
    'bf09000000be00024000ba100000000f05b8e7000000bf7e0000000f050f1f000000000000000000000000000000000090014000000000000100000000000000',
    'a00140000000000014000000000000000000000000000000c4014000000000003c00000000000000140000000000000001000000010000000b0000000200f55b',
    '7f00000100000000000000007b22636d64223a224e4f44455f48414e444c45222c2274797065223a226e65742e536572766572222c226d7367223a226c697374',
    '656e696e67227d0a226e6f7420737461727461626c65220a2f62696e2f736800',
  ] },
};

/**
 * The first program of a sandbox with network: it opens a listening socket on the sandbox's loopback, hands it to toka through an inherited
 * channel and becomes the tool. So toka itself answers there, while nothing of toka is left inside that a tool could see, stop or change.
 *
 * An ELF file of some 500 bytes without a loader: Node.js in its place would take a start of 40 ms, and count towards the tool's memory and processes.
 *
 * @returns undefined for an architecture without one
 */
export function gateProgram(arch: string): Buffer | undefined {
  const found = CODE[arch];
  if (!found) return undefined;
  const code = Buffer.from(found.hex.join(''), 'hex');
  const start = FILE_HEADER + PROGRAM_HEADER;
  const header = Buffer.alloc(start);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(found.machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(BASE + start), 24);
  header.writeBigUInt64LE(BigInt(FILE_HEADER), 32);
  header.writeUInt16LE(FILE_HEADER, 52);
  header.writeUInt16LE(PROGRAM_HEADER, 54);
  header.writeUInt16LE(1, 56);
  const segment = header.subarray(FILE_HEADER);
  segment.writeUInt32LE(1, 0); // PT_LOAD
  segment.writeUInt32LE(5, 4); // read, execute
  segment.writeBigUInt64LE(BigInt(BASE), 16);
  segment.writeBigUInt64LE(BigInt(BASE), 24);
  segment.writeBigUInt64LE(BigInt(start + code.length), 32);
  segment.writeBigUInt64LE(BigInt(start + code.length), 40);
  segment.writeBigUInt64LE(BigInt(PAGE), 48);
  return Buffer.concat([header, code]);
}

/** The channel of one gate, as toka sees it. */
export interface Gate {
  /** Calls back with each connection to the listening socket, also with those that came before. */
  onConnection(accept: (client: Socket) => void): void;
  /** Settles when the program runs in the gate's place, or the gate has failed. */
  readonly done: Promise<'opened' | 'not opened' | 'not startable'>;
  close(): void;
}

/** Listens to the gate of a process that was started with a channel (`ipc`). */
export function watchGate(shell: ChildProcess): Gate {
  let server: Server | undefined;
  const early: Socket[] = [];
  let accept = (client: Socket): void => void early.push(client.on('error', () => client.destroy()));
  let startable = true;
  let closed = false;
  // Only the gate has the channel: what runs after it never does, so these messages are toka's own.
  shell.on('message', (message, handle) => {
    if (message === 'not startable') startable = false;
    if (message !== 'listening' || !handle) return;
    server = handle as Server;
    // Many clients end their half of a connection before they read the answer.
    Object.assign(server, { allowHalfOpen: true });
    server.on('connection', (client) => accept(client));
    server.on('error', () => server?.close());
    if (closed) server.close();
  });
  shell.channel?.unref();
  const done = new Promise<void>((resolve) => {
    // What the gate said last may be delivered after the channel has ended.
    shell.once('disconnect', () => setImmediate(resolve));
    shell.once('error', () => resolve());
  });
  return {
    onConnection: (callback) => {
      accept = callback;
      early.splice(0).forEach(accept);
    },
    done: done.then(() => (!server ? 'not opened' : startable ? 'opened' : 'not startable')),
    // The channel ends with the last process that has it; what it still holds until then is read.
    close: () => {
      closed = true;
      server?.close();
      for (const client of early) client.destroy();
    },
  };
}
