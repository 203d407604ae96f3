// Launches a sandboxed process that reads every file it has, from a process that inherited some.
import { launch } from '../../src/sandbox/launch.ts';
import { shell } from './support.ts';

const plan = shell('for fd in /proc/self/fd/*; do timeout 1 cat "$fd" </dev/null; done; echo end');
await launch(plan, { onOutput: (stream, chunk) => void (stream === 'stdout' && process.stdout.write(chunk)) });
