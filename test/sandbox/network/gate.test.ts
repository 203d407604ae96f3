import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gateProgram } from '../../../src/sandbox/network/gate.ts';
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
