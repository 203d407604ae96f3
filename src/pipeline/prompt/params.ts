import { hexDigest } from '../../digest.ts';
import type { Prompt } from '../../model/port.ts';
import type { PromptParams } from '../request.ts';

/** What is recorded of a prompt beside the conversation that it stands in. */
export function promptParams(prompt: Prompt): PromptParams {
  const text = JSON.stringify(prompt, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value));
  return { digest: hexDigest(text), messages: prompt.messages.length, bytes: Buffer.byteLength(text) };
}
