import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { figure, ms, row, summary } from './measure.mjs';
import { makeProject, ROOT } from './world.mjs';

/** The conversation on a terminal: how soon it can be typed in, and how soon a key is seen while 200 tokens a second stream in. */
export function replRows(world, { samples }) {
  const cwd = makeProject(world, 'repl', 1);
  // Five letters, which is more than a token has, every five milliseconds.
  writeFileSync(join(cwd, 'stream.json'), JSON.stringify([{ text: 'word '.repeat(20), end: 'repeat', delayMs: 5, chunkChars: 5 }]));
  const command = [process.execPath, join(ROOT, 'bin', 'run.js'), 'agent', 'run', '--model', 'scripted/stream.json'];
  const { status, stdout, stderr } = spawnSync('python3', [join(ROOT, 'test', 'bench', 'terminal.py'), String(samples), ...command], { cwd, env: { ...world.env, TERM: 'xterm-256color' }, encoding: 'utf8' });
  if (status !== 0) throw new Error(`terminal.py ended with ${status}: ${stderr}`);
  const { echoes, ready } = JSON.parse(stdout);
  const start = summary(ready);
  const most = Math.max(...echoes);
  return [
    row('agent', 'REPL ready for typing', start.median, 'ms', 250, ms(start)),
    row('agent', 'keystroke echo while 200 tokens a second stream in: the slowest', most, 'ms', 16, `${ms(summary(echoes))}, the slowest of ${echoes.length} ${figure(most)} ms`),
  ];
}
