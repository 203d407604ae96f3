import { refused } from './errors.ts';
import type { Host, Refusal } from './host.ts';
import { NotJson, parseJson, quote, toJson } from './json.ts';

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void };

export interface Tools {
  readonly tools: object;
  settle(call: number, isError: boolean, text: string): void;
}

/** The tools by their aliases. Any other name is a function as well, which rejects: toka tells which name was meant. */
export function makeTools(host: Host, aliases: readonly string[]): Tools {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  const toolOf = (alias: string) => async (params: unknown = {}) =>
    new Promise((resolve, reject) => {
      const text = `{"alias":${quote(alias)},"params":${parametersOf(params)}}`;
      calls += 1;
      const refusal = host.call(calls, text);
      if (refusal === '') waiting.set(calls, { resolve, reject });
      else reject(refused(parseJson(refusal) as Refusal));
    });
  const own = Object.create(null) as Record<string, unknown>;
  for (const alias of aliases) own[alias] = Object.freeze(toolOf(alias));
  const tools = new Proxy(Object.freeze(own), {
    get: (target, name) => (typeof name !== 'string' || name in target || name === 'then' || name === 'toJSON' ? target[name as string] : toolOf(name)),
  });
  return {
    tools,
    settle(call, isError, text) {
      const { resolve, reject } = waiting.get(call)!;
      waiting.delete(call);
      if (isError) reject(refused(parseJson(text) as Refusal));
      else resolve(parseJson(text));
    },
  };
}

function parametersOf(params: unknown): string {
  try {
    const text = toJson(params, 'params');
    if (text.startsWith('{')) return text;
    throw new NotJson(`params is ${text.slice(0, 80)}`);
  } catch (error) {
    if (error instanceof NotJson) throw refused({ code: 'CODE_PARAMS_INVALID', message: `expected an object that JSON can hold: ${error.message}` });
    throw error;
  }
}
