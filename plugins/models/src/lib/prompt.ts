import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4ToolResultPart, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { AssistantPart, JsonObject, ModelMessage, ModelRequest, ModelToolResult, UserPart } from '@toka/sdk';
import type { Names } from './names.ts';

type Content<R extends LanguageModelV4Message['role']> = Extract<LanguageModelV4Message, { role: R }>['content'];

/** The request as the library takes it. */
export function toCallOptions({ messages, tools = [], toolChoice, schema, maxOutputTokens, temperature, stop }: ModelRequest, names: Names): LanguageModelV4CallOptions {
  return {
    prompt: messages.flatMap((message) => toMessage(message, names)),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, params }) => ({ type: 'function', name: names.toWire(name), description, inputSchema: params }) as const),
          toolChoice: toToolChoice(toolChoice, names),
        }),
    ...(schema === undefined ? {} : { responseFormat: { type: 'json', schema, name: 'answer' } as const }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
  };
}

function toToolChoice(choice: ModelRequest['toolChoice'] = 'auto', names: Names): NonNullable<LanguageModelV4CallOptions['toolChoice']> {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: names.toWire(choice.name) };
}

/** Messages and texts without anything in them are left out: some services refuse them. */
function toMessage(message: ModelMessage, names: Names): LanguageModelV4Message[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: message.parts.map(toUserPart) }];
    case 'assistant': {
      const content = message.parts.flatMap((part) => toAssistantPart(part, names));
      return content.length === 0 ? [] : [{ role: 'assistant', content }];
    }
    case 'tool':
      return [{ role: 'tool', content: message.results.map((result) => toResult(result, names)) }];
  }
}

function toUserPart(part: UserPart): Content<'user'>[number] {
  return part.type === 'text' ? part : { type: 'file', mediaType: part.mediaType, data: { type: 'data', data: part.data } };
}

function toAssistantPart(part: AssistantPart, names: Names): Content<'assistant'> {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [part];
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...handedBack(part.metadata) }];
    case 'tool-call':
      return [{ type: 'tool-call', toolCallId: part.id, toolName: names.toWire(part.name), input: part.params, ...handedBack(part.metadata) }];
  }
}

/** It came from the library in this form. */
function handedBack(metadata: JsonObject | undefined): { providerOptions?: SharedV4ProviderOptions } {
  return metadata === undefined ? {} : { providerOptions: metadata as SharedV4ProviderOptions };
}

function toResult({ id, name, output, isError = false }: ModelToolResult, names: Names): LanguageModelV4ToolResultPart {
  const value = typeof output === 'string' ? ({ type: isError ? 'error-text' : 'text', value: output } as const) : ({ type: isError ? 'error-json' : 'json', value: output } as const);
  return { type: 'tool-result', toolCallId: id, toolName: names.toWire(name), output: value };
}
