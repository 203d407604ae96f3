import type { AssistantPart, JsonObject, JsonValue, ModelMessage, ModelTool } from '@toka/sdk';
import { openShelf } from '../../../src/agent/find/shelf.ts';
import { planner } from '../../../src/agent/planner/planner.ts';
import type { Tool } from '../../../src/manifest/tool.ts';
import { TEAM_TOOLS } from '../../registry/search/own-set.ts';

type Call = Extract<AssistantPart, { type: 'tool-call' }>;

interface Talk {
  readonly tools?: readonly Tool[];
  /** What a call gives; by default its parameters. */
  readonly answer?: (call: Call) => JsonValue | Failed;
  /** What was said and done before. */
  readonly before?: readonly ModelMessage[];
}

/** What a call that did not succeed gives. */
export class Failed {
  readonly output: JsonValue;

  constructor(output: JsonValue) {
    this.output = output;
  }
}

interface Talked {
  /** All calls but the searches, as `name {params}`. */
  readonly calls: readonly string[];
  readonly text: string;
  readonly reason: string | undefined;
  readonly messages: readonly ModelMessage[];
}

const ASK: ModelTool = { name: 'ask_person', description: 'Ask', params: { type: 'object' } };
/** So many that they do not all fit into a request. */
const BULK = Array.from({ length: 200 }, (_, at): Tool => ({ ...(TEAM_TOOLS[0] as Tool), name: `widget-${at}`, qualified: `bulk/widget-${at}`, source: 'bulk', category: 'bulk', description: `Rotate widget ${at} clockwise` }));

/** Gives the planner an order and answers its calls, as an agent does, until it says something. */
export async function talk(order: string | readonly string[], { answer = (call) => call.params, before = [], tools = [...TEAM_TOOLS, ...BULK] }: Talk = {}): Promise<Talked> {
  const shelf = openShelf(tools, { pinned: [] });
  const said = typeof order === 'string' ? [order] : order;
  const messages: ModelMessage[] = [{ role: 'system', text: 'Today is 2026-11-28.' }, ...before, { role: 'user', parts: said.map((text) => ({ type: 'text', text })) }];
  const calls: string[] = [];
  for (let step = 0; step < 12; step++) {
    const { parts, reason, text } = await next(messages, [ASK, ...shelf.definitions()]);
    if (parts.length === 0) return { calls, text, reason, messages: [...messages, { role: 'assistant', parts: [{ type: 'text', text }] }] };
    calls.push(...parts.flatMap(({ name, params }) => (name === 'tool_search' ? [] : [`${name} ${JSON.stringify(params)}`])));
    const results = parts.map((call) => {
      const { id, name, params } = call;
      shelf.toolOf(name);
      const given = name === 'tool_search' ? shelf.search(params['query'] as string, params['limit'] as number).map((found): JsonObject => ({ ...found })) : answer(call);
      return given instanceof Failed ? { id, name, output: given.output, isError: true } : { id, name, output: given };
    });
    messages.push({ role: 'assistant', parts }, { role: 'tool', results });
  }
  throw new Error(`it does not come to an end: ${calls.join('; ')}`);
}

export async function next(messages: readonly ModelMessage[], tools: readonly ModelTool[], toolChoice: 'auto' | 'none' = 'auto'): Promise<{ parts: Call[]; reason: string | undefined; text: string }> {
  const parts: Call[] = [];
  let reason: string | undefined;
  let text = '';
  for await (const event of planner.stream({ model: 'planner', messages, tools, toolChoice }, { signal: new AbortController().signal, config: {}, env: () => undefined })) {
    if (event.type === 'tool-call') parts.push(event);
    if (event.type === 'text') text += event.text;
    if (event.type === 'finish') ({ reason } = event);
  }
  return { parts, reason, text };
}
