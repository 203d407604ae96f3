import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/cli.ts';

const sandboxed = await canSandbox();

async function canSandbox(): Promise<boolean> {
  using here = place();
  return (await here.run(['doctor'])).code === 0;
}

describe.skipIf(!sandboxed)('toka sandbox run --cwd', () => {
  test('grants start where the caller stands, not in that folder, in a project and outside', async () => {
    using here = place();
    for (const folder of [here.project, here.home]) {
      mkdirSync(join(folder, 'out'));
      const { code, stdout } = await here.run(['sandbox', 'run', '--allow', 'fs:write:out/**', '--cwd', 'out', '--', 'pwd'], { cwd: folder });
      expect([code, stdout]).toEqual([0, `${join(folder, 'out')}\n`]);
    }
  });

  test('a folder that it could not see is refused, never replaced by another', async () => {
    using here = place({ 'out/kept': '' });
    const hidden = await here.json(['sandbox', 'run', '--cwd', 'out', '--', 'pwd']);
    expect([hidden.exit, hidden.error?.code, hidden.output]).toEqual([77, 'TOKA_CAPABILITY_DENIED', '']);
    expect((await here.run(['sandbox', 'run', '--cwd', 'nowhere', '--', 'pwd'])).code).toBe(2);
    expect((await here.run(['sandbox', 'run', '--cwd', 'out/kept', '--', 'pwd'])).code).toBe(2);
  });

  test('without it, a command starts in its scratch folder where it cannot see this one', async () => {
    using here = place();
    expect(await here.run(['sandbox', 'run', '--', 'pwd'])).toMatchObject({ code: 0, stdout: '/tmp\n' });
  });
});

describe('toka sandbox run', () => {
  test.runIf(process.platform === 'linux')('says so where no temporary folder can be made', async () => {
    using here = place();
    const { error, exit } = await here.json(['sandbox', 'run', '--', 'true'], { env: { TMPDIR: '/proc/none', XDG_RUNTIME_DIR: '' } });
    // Which code it is depends on whether this machine's sandbox was tried before.
    expect([exit, error?.hint]).toEqual([69, expect.stringContaining('TMPDIR')]);
  });

  test.each(['A=b', 'x y', ''])('takes no variable that is called %j', async (name) => {
    using here = place();
    expect(await here.json(['sandbox', 'run', '--env', name, '--', 'true'])).toMatchObject({ exit: 2, error: { code: 'TOKA_USAGE' } });
  });

  test('takes no program without a name', async () => {
    using here = place();
    expect((await here.run(['sandbox', 'run', '--', ''])).code).toBe(2);
  });
});

describe.skipIf(!sandboxed)('toka sandbox run --memory', () => {
  test('in which no process can be started ends as every run that needs more', async () => {
    using here = place();
    expect(await here.json(['sandbox', 'run', '--memory', '1K', '--', 'sleep', '2'])).toMatchObject({ exit: 137, error: { code: 'TOKA_MEMORY_LIMIT' } });
  });
});
