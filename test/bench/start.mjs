import { interleaved, ms, ratioRow } from './measure.mjs';
import { makeProject, node, toka } from './world.mjs';

const GROUP = 'start';
export const SHELL_TOOL = 'bench-00000';
export const SHELL_RUN = ['run', '--allow', 'proc:exec:sh', SHELL_TOOL];

/** One-shot commands against the start of Node itself. */
export async function startRows(world, { samples, bare }) {
  const cwd = makeProject(world, 'start', 200);
  const commands = {
    '--version': ['--version'],
    'tools list, 200 tools': ['tools', 'list'],
    'run of a bundled native tool': ['run', 'file-reader', 'note.txt'],
    'run of a shell tool': SHELL_RUN,
    'tools show': ['tools', 'show', 'file-reader'],
    '--help': ['--help'],
  };
  const subjects = Object.fromEntries(Object.entries(commands).map(([name, args]) => [name, () => void toka(world, args, { cwd })]));
  // The first round fills the caches: the index, the compiled code, what this machine's sandbox can do.
  const measured = await interleaved({ node: () => void node(world, ['-e', '0'], { cwd }), ...subjects }, { samples, warmup: 2 });
  const targets = { '--version': 1.15, 'tools list, 200 tools': 1.3, 'run of a bundled native tool': 2, 'tools show': 3, '--help': 3 };
  return Object.keys(commands).map((name) => {
    const against = [GROUP, `toka ${name}`, measured[name], measured.node];
    if (name !== 'run of a shell tool') return ratioRow(...against, targets[name]);
    const allowed = 2 + bare.median / measured.node.median;
    return ratioRow(...against, allowed, `2 starts and a bare sandbox launch of ${ms(bare)}`);
  });
}
