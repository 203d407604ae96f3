import { makeArtifact } from '../guest/artifact.ts';
import { makeConsole } from '../guest/console.ts';
import { describe, refused } from '../guest/errors.ts';
import type { Host } from '../guest/host.ts';
import { NotJson, parseJson, toJson } from '../guest/json.ts';
import { makeTimers } from '../guest/timers.ts';
import { makeTools } from '../guest/tools.ts';

/** What stands in an isolate before any code: all that the code may use, and how toka enters it. */
export function start(host: Host) {
  const timers = makeTimers(host);
  let settle: ReturnType<typeof makeTools>['settle'];
  return {
    begin(params: string, aliases: string): void {
      const made = makeTools(host, parseJson(aliases) as readonly string[]);
      settle = made.settle;
      define({ params: parseJson(params), tools: made.tools });
      define({ artifact: makeArtifact(host), clearTimeout: timers.clearTimeout, console: makeConsole(host), require: unavailable, setTimeout: timers.setTimeout });
    },
    async run(code: () => Promise<unknown>): Promise<void> {
      try {
        const value = await code();
        host.end('result', resultOf(value));
      } catch (thrown) {
        host.end('threw', describe(thrown));
      }
    },
    answer: (call: number, isError: boolean, text: string) => settle(call, isError, text),
    fire: (timer: number) => timers.fire(timer),
    describe,
  };
}

function define(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

function resultOf(value: unknown): string {
  try {
    return toJson(value, 'the result');
  } catch (error) {
    if (error instanceof NotJson) throw refused({ code: 'CODE_RESULT_INVALID', message: error.message });
    throw error;
  }
}

function unavailable(name: unknown): never {
  throw refused({ code: 'CODE_IMPORT_UNAVAILABLE', message: `there is no module ${String(name)} here`, hint: 'call a tool instead: `tools` has those that this run may call' });
}
