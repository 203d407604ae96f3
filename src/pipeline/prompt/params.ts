import { hexDigest } from '../../digest.ts';
import { hasImages } from '../../model/estimate.ts';
import type { Prompt } from '../../model/port.ts';
import type { PromptParams } from '../request.ts';

/** What is recorded of a prompt beside the conversation that it stands in. */
export function promptParams(prompt: Prompt): PromptParams {
  const text = hasImages(prompt) ? JSON.stringify(prompt, inBase64) : JSON.stringify(prompt);
  return { digest: hexDigest(text), messages: prompt.messages.length, bytes: Buffer.byteLength(text) };
}

function inBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
