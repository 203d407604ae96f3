import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { interleaved, ratioRow } from './measure.mjs';
import { SHELL_RUN } from './start.mjs';
import { makeProject, toka } from './world.mjs';

/** What a lock costs a run that it lets pass. */
export async function lockedRows(world, { samples, tools }) {
  const group = `lock of ${tools} tools`;
  const [locked, free] = [makeProject(world, 'locked', tools), makeProject(world, 'free', tools)];
  toka(world, ['lock'], { cwd: locked });
  toka(world, ['lock'], { cwd: free });
  rmSync(join(free, 'toka.lock'));
  const native = ['run', 'file-reader', 'note.txt'];
  const measured = await interleaved(
    {
      shellLocked: () => void toka(world, SHELL_RUN, { cwd: locked }),
      shellFree: () => void toka(world, SHELL_RUN, { cwd: free }),
      nativeLocked: () => void toka(world, native, { cwd: locked }),
      nativeFree: () => void toka(world, native, { cwd: free }),
    },
    { samples, warmup: 2 },
  );
  return [
    ratioRow(group, 'run of a shell tool', measured.shellLocked, measured.shellFree, 1.1, 'against no lock'),
    ratioRow(group, 'run of a bundled native tool', measured.nativeLocked, measured.nativeFree, 1.15, 'against no lock'),
  ];
}
