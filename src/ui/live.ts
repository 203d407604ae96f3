import type { LiveEvent } from '../pipeline/events.ts';
import type { Output } from './output.ts';
import { colourEnd, screenFilter } from './screen.ts';
import { paint, plain, type Terminal } from './text.ts';

/** The parts of a process's streams that the terminal doors write to. */
export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface LiveOptions {
  readonly streams: Streams;
  readonly view: Terminal;
  /** Where a tool's standard output goes while it runs: to `stdout`, or to `stderr` where stdout is kept for JSON. */
  readonly output: 'stdout' | 'stderr' | 'nowhere';
  readonly quiet: boolean;
}

/**
 * Shows a run while it goes on: output as it comes, logs as lines, progress as one line that is overwritten on a terminal. What the runs
 * write that it starts is not its result, and goes to stderr.
 */
export function liveView({ streams, view, output, quiet }: LiveOptions): { show(event: LiveEvent): void; end(): void } {
  const filters = { stdout: screenFilter(), stderr: screenFilter() };
  const left = { stdout: '', stderr: '' };
  let hasStatus = false;
  let first: string | undefined;
  const clear = (): void => {
    if (hasStatus) streams.stderr.write('\r\u001b[K');
    hasStatus = false;
  };
  const settle = (): void => {
    clear();
    for (const name of ['stdout', 'stderr'] as const) {
      if (left[name] !== '') streams[name].write(left[name]);
      left[name] = '';
    }
  };
  const show = (event: LiveEvent): void => {
    if (event.type === 'started') {
      first ??= event.run;
    } else if (event.type === 'output') {
      clear();
      writeOutput(event.stream, event.chunk, event.run === first);
    } else if (event.type === 'log' && !quiet && event.level !== 'debug') {
      settle();
      streams.stderr.write(`${paint(view, event.level === 'error' ? 'red' : 'dim', event.level)} ${plain(event.message)}\n`);
    } else if (event.type === 'progress' && !quiet && view.isTty) {
      settle();
      const { done, total, message } = event.progress;
      const count = done === undefined ? '' : total === undefined ? `${done} ` : `${done}/${total} `;
      streams.stderr.write(`\r\u001b[K${paint(view, 'dim', plain(`${count}${message ?? ''}`).slice(0, view.columns - 1))}`);
      hasStatus = true;
    }
  };
  const writeOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array, isResult: boolean): void => {
    if (stream === 'stdout' && output === 'nowhere') return;
    const isOut = stream === 'stdout' && output === 'stdout' && isResult;
    const to = isOut ? 'stdout' : 'stderr';
    if (streams[to].isTTY !== true) return void streams[to].write(chunk);
    const shown = filters[stream](chunk);
    streams[to].write(shown);
    if (shown.includes('\u001b[')) left[to] = colourEnd(shown);
  };
  return { show, end: settle };
}
