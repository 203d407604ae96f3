import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileOf, has, lay, load, root, run } from './support.ts';

const names = readdirSync(fileOf('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['agents', 'schema'].includes(entry.name))
  .map(({ name }) => name);

describe('the tools that ship as manifests', () => {
  it('are a shell, a Python and an external one', async () => {
    const types = await Promise.all(names.map(async (name) => (await load(name)).executable.type));
    expect(types.toSorted()).toEqual(['external', 'python', 'shell']);
  });

  it.each(names)('%s is valid, named like its folder and asks for no more than to read', async (name) => {
    expect(await load(name)).toMatchObject({ name, effect: 'read', capabilities: { required: ['fs:read:{path}'], optional: [] } });
  });
});

describe.skipIf(!has('du', '-k', '-x', '-d', '0', '.'))('disk-usage', () => {
  it('gives a line of kibibytes and path for each folder to the depth asked for', async () => {
    await lay({ 'a b/c/big.bin': Buffer.alloc(300 * 1024, 1), 'small.txt': 'x' });
    const { executable } = await load('disk-usage');
    if (executable.type !== 'external') throw new Error('expected an external tool');
    const { status, stdout } = run(executable.path, [...executable.args, '-d', '1', root]);
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(lines.map(([, path]) => path)).toEqual([join(root, 'a b'), root]);
    for (const [size] of lines) expect(Number(size)).toBeGreaterThanOrEqual(300);
  });
});

describe.skipIf(!has('bash', '--version'))('the shell script', () => {
  it('parses without complaint', () => {
    expect(run('bash', ['-n', fileOf('todo-report/todo-report.sh')])).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
