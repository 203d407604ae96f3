import type { Host } from './host.ts';
import { quote } from './json.ts';

/** A console whose lines go out of the isolate; `format` is only needed for more than plain text. */
export function makeConsole(host: Host, format: (args: readonly unknown[]) => string) {
  const print = (stream: 1 | 2, args: readonly unknown[]) => {
    const [first] = args;
    const text = args.length === 1 && typeof first === 'string' ? first : format(args);
    host.print(stream, quote(`${text}\n`));
  };
  const out = (...args: unknown[]) => print(1, args);
  const error = (...args: unknown[]) => print(2, args);
  return { log: out, info: out, debug: out, dir: (value: unknown) => print(1, typeof value === 'string' ? ['%o', value] : [value]), warn: error, error, trace: error };
}
