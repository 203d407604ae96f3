import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { interleaved, ms, ratioRow, row } from './measure.mjs';
import { SHELL_RUN } from './start.mjs';
import { makeProject, node, toka, tokaPeak } from './world.mjs';

/** What many manifests cost: to index them, to list them, to run one of them. */
export async function manyRows(world, { samples, coldSamples, tools }) {
  const group = `${tools} tools`;
  const cwd = makeProject(world, 'many', tools);
  const few = makeProject(world, 'few', 10);
  const index = join(world.env.XDG_CACHE_HOME, 'toka', 'index');
  toka(world, ['tools', 'list'], { cwd: few });
  const coldList = () => {
    rmSync(index, { recursive: true, force: true });
    toka(world, ['tools', 'list'], { cwd });
  };
  const { cold } = await interleaved({ cold: coldList }, { samples: coldSamples, warmup: 0 });
  rmSync(index, { recursive: true, force: true });
  const coldPeak = tokaPeak(world, ['tools', 'list'], { cwd });
  const measured = await interleaved(
    {
      node: () => void node(world, ['-e', '0'], { cwd }),
      list: () => void toka(world, ['tools', 'list'], { cwd }),
      many: () => void toka(world, SHELL_RUN, { cwd }),
      few: () => void toka(world, SHELL_RUN, { cwd: few }),
      helpOfMany: () => void toka(world, ['run', SHELL_RUN.at(-1), '--help'], { cwd }),
      helpOfFew: () => void toka(world, ['run', SHELL_RUN.at(-1), '--help'], { cwd: few }),
    },
    { samples, warmup: 2 },
  );
  return [
    row(group, 'cold index', cold.median / 1000, 's', 5, `${ms(cold)}${coldPeak === undefined ? '' : `; peak ${coldPeak.toFixed(0)} MiB`}`),
    ratioRow(group, 'warm tools list', measured.list, measured.node, 1.5),
    ratioRow(group, 'run of one, a shell tool', measured.many, measured.few, 1.1, 'against 10 tools'),
    ratioRow(group, 'look-up of one (run NAME --help)', measured.helpOfMany, measured.helpOfFew, 1.1, 'against 10 tools'),
  ];
}
