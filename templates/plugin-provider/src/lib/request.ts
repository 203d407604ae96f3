import type { ModelMessage, ModelRequest, UserPart } from '@toka/sdk';

/** The request in the form of the protocol. */
export function toBody({ model, messages, tools = [], toolChoice, schema, maxOutputTokens, temperature, stop }: ModelRequest): object {
  return {
    model,
    messages: messages.flatMap(toMessages),
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length > 0 ? { tools: tools.map(({ name, description, params }) => ({ type: 'function', function: { name, description, parameters: params } })) } : {}),
    ...(toolChoice === undefined ? {} : { tool_choice: typeof toolChoice === 'string' ? toolChoice : { type: 'function', function: toolChoice } }),
    ...(schema === undefined ? {} : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }),
    max_tokens: maxOutputTokens,
    temperature,
    stop,
  };
}

function toMessages(message: ModelMessage): object[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.text }];
    case 'user':
      return [{ role: 'user', content: message.parts.map(toPart) }];
    case 'assistant': {
      const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      const calls = message.parts.flatMap((part) => (part.type === 'tool-call' ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: JSON.stringify(part.params) } }] : []));
      return [{ role: 'assistant', content: text, ...(calls.length > 0 ? { tool_calls: calls } : {}) }];
    }
    case 'tool':
      return message.results.map(({ id, output }) => ({ role: 'tool', tool_call_id: id, content: typeof output === 'string' ? output : JSON.stringify(output) }));
  }
}

function toPart(part: UserPart): object {
  if (part.type === 'text') return part;
  return { type: 'image_url', image_url: { url: `data:${part.mediaType};base64,${Buffer.from(part.data).toString('base64')}` } };
}
