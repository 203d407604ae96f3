import type { Host } from './host.ts';
import { format } from './inspect.ts';
import { quote } from './json.ts';

export function makeConsole(host: Host) {
  const to = (stream: 1 | 2) => (...args: unknown[]) => host.print(stream, quote(`${format(args)}\n`));
  return { log: to(1), info: to(1), debug: to(1), dir: (value: unknown) => host.print(1, quote(`${format([value])}\n`)), warn: to(2), error: to(2), trace: to(2) };
}
