import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gateProgram, watchGate } from '../../../src/sandbox/network/gate.ts';
import { GATE_PORT } from '../../../src/sandbox/network/variables.ts';
import { temporaryFolder } from '../support.ts';

const SOURCES = join(import.meta.dirname, '../../../src/sandbox/network/gate');
/** Headers before the code. */
const HEADERS = 120;

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe('the gate', () => {
  const assemblers = { x64: process.arch === 'x64' ? '' : 'x86_64-linux-gnu-', arm64: process.arch === 'arm64' ? '' : 'aarch64-linux-gnu-' };

  for (const [arch, prefix] of Object.entries(assemblers)) {
    it.skipIf(!has(`${prefix}as`))(`for ${arch} is what its source says`, () => {
      using folder = temporaryFolder();
      const [object, linked, code] = ['object', 'linked', 'code'].map((name) => join(folder.path, name)) as [string, string, string];
      execFileSync(`${prefix}as`, [`${arch}.s`, '-o', object], { cwd: SOURCES });
      execFileSync(`${prefix}ld`, [`-Ttext=0x${(0x400000 + HEADERS).toString(16)}`, '-o', linked, object]);
      execFileSync(`${prefix}objcopy`, ['-O', 'binary', '-j', '.text', linked, code]);
      expect(gateProgram(arch)?.subarray(HEADERS)).toEqual(readFileSync(code));
    });
  }

  it('listens where the variables of the proxy say', () => {
    const port = Buffer.alloc(2);
    port.writeUInt16BE(GATE_PORT);
    for (const arch of ['x64', 'arm64']) expect(gateProgram(arch)?.includes(Buffer.concat([Buffer.of(2, 0), port, Buffer.of(127, 0, 0, 1)]))).toBe(true);
  });

  it('exists for the architectures that have a system call filter, and for no other', () => {
    expect(['arm64', 'x64', 'riscv64', 'ia32'].map((arch) => gateProgram(arch) !== undefined)).toEqual([true, true, false, false]);
  });
});

describe('a connection through the gate', () => {
  it('that comes before anybody serves it is answered once somebody does', async () => {
    const script = `
      const net = require('node:net');
      const server = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        process.send('listening', server, () => {
          server.close();
          net.connect(port, '127.0.0.1').end('early').pipe(process.stdout);
        });
      });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const gate = watchGate(child);
    const [said, ended] = [text(child.stdout!), once(child, 'exit')];
    await sleep(300);
    gate.onConnection((client) => void client.on('data', (heard: Buffer) => client.end(`heard ${String(heard)}`)));
    expect(await said).toBe('heard early');
    gate.close();
    child.kill();
    await ended;
  });
});
