// Launches a sandboxed process that reads every file it has, from a process that inherited some. With a FILE as its argument, the sandbox is laid out as
// the last one of that file was, if there was one.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { startSandbox } from '../../src/sandbox/guessed.ts';
import { launch } from '../../src/sandbox/launch.ts';
import { shell } from './support.ts';

const file = process.argv[2];
if (file !== undefined) startSandbox({ text: existsSync(file) ? readFileSync(file, 'utf8') : undefined, keep: (text) => writeFileSync(file, text) });
const how = file === undefined ? '' : `; tr '\\0' ' ' </proc/1/cmdline | grep -q 'IFS= rea[d] ' && echo ahead || echo anew`;
const plan = shell(`for fd in /proc/self/fd/*; do timeout 1 cat "$fd" </dev/null; done; echo end${how}`);
await launch(plan, { onOutput: (stream, chunk) => void (stream === 'stdout' && process.stdout.write(chunk)) });
