import { describe, refused } from '../guest/errors.ts';
import { makeConsole } from '../guest/console.ts';
import type { Host, More } from '../guest/host.ts';
import { NotJson, parseJson, toJson } from '../guest/json.ts';
import { makeTools } from '../guest/tools.ts';

/** What comes with `host.more()`, loaded when one of them is first used. */
const LATER = ['TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'artifact', 'atob', 'btoa', 'clearTimeout', 'setTimeout', 'structuredClone'];

/** What stands in an isolate before any code: all that the code may use, and how toka enters it. */
export function start(host: Host) {
  let settle: ReturnType<typeof makeTools>['settle'];
  let loaded: More | undefined;
  const more = () => (loaded ??= host.more()(host));
  return {
    begin(params: string, aliases: string): void {
      const made = makeTools(host, parseJson(aliases) as readonly string[]);
      settle = made.settle;
      define('params', parseJson(params));
      define('tools', made.tools);
      define('console', makeConsole(host, (args) => more().format(args)));
      define('require', unavailable);
      for (const name of LATER) defineLater(name, () => more().globals[name]);
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
    fire: (timer: number) => more().fire(timer),
    describe,
  };
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}

function defineLater(name: string, load: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      define(name, load());
      return (globalThis as Readonly<Record<string, unknown>>)[name];
    },
    set(value: unknown) {
      define(name, value);
    },
  });
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
