import { isCoded, type CallableTool, type CallResult, type CodeOrder, type IsolateHost, type JsonObject, type JsonValue } from '@toka/sdk';
import { distance } from 'fastest-levenshtein';
import { parsePlain } from './plain.ts';

interface CallError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly runId?: string;
}

export type Answer = { readonly isError: boolean; readonly text: string };

/** What becomes of a call that code has made. */
export async function answerOf(text: string, order: CodeOrder, host: IsolateHost): Promise<Answer> {
  try {
    const { alias, params } = parsePlain(text, (key) => host.log('warn', `${order.name}: the key ${key} was dropped from parameters`)) as { readonly alias: string; readonly params: JsonObject };
    const tool = order.tools.find((each) => each.alias === alias);
    return tool === undefined ? failed(unknownTool(alias, order.tools)) : resultOf(await host.call(tool.name, params), tool, order);
  } catch (error) {
    if (isCoded(error)) return failed({ code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
    return failed({ code: 'CODE_CALL_FAILED', message: 'the tool could not be called' });
  }
}

function resultOf({ runId, status, data, output, error }: CallResult, { name }: CallableTool, { limits: { maxValue } }: CodeOrder): Answer {
  if (status !== 'succeeded') return failed({ code: 'CODE_CALL_FAILED', message: `${name} ${status}`, ...error, runId });
  const value: JsonValue = data ?? output;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxValue) return { isError: false, text };
  return failed({ code: 'CODE_ANSWER_TOO_LARGE', message: `expected at most ${maxValue} bytes of ${name}, found ${bytes}`, hint: `ask for less; the run ${runId} has all of it`, runId });
}

function unknownTool(alias: string, tools: readonly CallableTool[]): CallError {
  const [nearest] = tools.map((each) => ({ alias: each.alias, away: distance(alias.slice(0, 80), each.alias) })).toSorted((one, other) => one.away - other.away);
  const isNear = nearest !== undefined && nearest.away <= Math.max(2, Math.floor(alias.length / 3));
  return {
    code: 'CODE_TOOL_UNKNOWN',
    message: `there is no tool ${alias.slice(0, 80)} that this run may call${isNear ? `: did you mean ${nearest.alias}?` : ''}`,
    hint: tools.length === 0 ? 'this run may call no tool: grant it tool:call:NAME' : `it may call ${tools.slice(0, 20).map((each) => each.alias).join(', ')}${tools.length > 20 ? ' …' : ''}`,
  };
}

function failed(error: CallError): Answer {
  return { isError: true, text: JSON.stringify(error) };
}
