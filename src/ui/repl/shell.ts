import { screenFilter } from '../screen.ts';
import type { Toka } from '../../toka.ts';
import type { Face } from './face.ts';
import { wrap } from './width.ts';

const MAX_LINES = 500;

interface ShellOptions {
  readonly toka: Toka;
  readonly face: Face;
  readonly allow: readonly string[];
  readonly signal: AbortSignal;
}

/** Runs what a person typed after `!` in a sandbox that sees the project, and has what was granted for as long as the REPL lives. */
export async function runShell(command: string, { toka, face, allow, signal }: ShellOptions): Promise<void> {
  const capabilities = ['fs:read:./**', ...allow];
  const request = toka.request({ command: { argv: ['sh', '-c', command], level: 'elevated', limits: {}, capabilities, isTyped: true, env: {} } }, {});
  const lines = { stdout: lineFilter(), stderr: lineFilter() };
  let count = 0;
  const print = (found: readonly string[]): void => {
    const seen = found.slice(0, Math.max(0, MAX_LINES - count));
    count += found.length;
    face.print(seen.flatMap((line) => wrap(line, face.columns)));
  };
  const result = await toka.run({
    ...request,
    allow: capabilities,
    signal,
    onEvent: (event) => {
      if (event.type === 'output') print(lines[event.stream](event.chunk));
    },
  });
  print([...lines.stdout(), ...lines.stderr()]);
  if (count > MAX_LINES) face.note([face.theme.warning(`… and ${count - MAX_LINES} more lines: toka runs show ${result.runId} has them`)]);
  if (result.error) face.note([face.theme.error(result.exitCode === null ? `${result.error.code}: ${result.error.message}` : `it ended with ${result.exitCode}`)]);
}

/** Gives the whole lines of what comes in pieces; without a piece, the rest. */
function lineFilter(): (chunk?: Uint8Array) => string[] {
  const filter = screenFilter();
  let rest = '';
  return (chunk) => {
    const lines = (rest + filter(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (chunk !== undefined) return lines;
    return rest === '' ? lines : [...lines, rest];
  };
}
