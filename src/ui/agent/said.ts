import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokaError } from '../../errors.ts';
import type { SaidPart } from '../../pipeline/agent/port.ts';
import type { Door } from '../door.ts';
import { paint, terminal } from '../text.ts';

const MAX_TEXT = 4 * 1024 * 1024;
const MAX_IMAGE = 5 * 1024 * 1024;

/** How long a pipe on standard input may stay silent before the agent begins without it: many programs leave one open that nothing is ever written to. */
const SILENCE_MS = 3000;

/**
 * All that is said to the agent: the prompt, what stands on standard input, and pictures.
 *
 * @param prompt Its text; `-` where it stands on standard input itself.
 * @throws TokaError TOKA_USAGE
 */
export async function readSaid(prompt: string, images: readonly string[], door: Door): Promise<SaidPart[]> {
  const pictures = images.map((file) => readImage(resolve(door.cwd, file)));
  const given = prompt === '-' ? await readPrompt(door) : prompt;
  if (given.trim() === '') throw new TokaError('TOKA_USAGE', 'the prompt is empty', { hint: 'write what is to be done: toka agent run -p "…"' });
  const context = prompt === '-' ? undefined : await readContext(door);
  return [{ type: 'text', text: given }, ...(context === undefined ? [] : [{ type: 'text', text: `On standard input stood:\n\n${context}`, origin: 'file' } as const]), ...pictures];
}

async function readPrompt({ stdin }: Door): Promise<string> {
  return textOf(await collect(stdin[Symbol.asyncIterator]()));
}

async function readContext(door: Door): Promise<string | undefined> {
  const { stdin } = door;
  if (stdin.isTTY) return undefined;
  const chunks = stdin[Symbol.asyncIterator]();
  const first = chunks.next();
  if ((await Promise.race([first, silence()])) === undefined) {
    door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} nothing came on standard input in ${SILENCE_MS / 1000} s, so the agent begins without it; < /dev/null says that there is nothing\n`);
    stdin.destroy();
    return undefined;
  }
  const text = textOf(await collect(chunks, await first));
  return text.trim() === '' ? undefined : text;
}

async function silence(): Promise<undefined> {
  const { promise, resolve: end } = Promise.withResolvers<undefined>();
  setTimeout(() => end(undefined), SILENCE_MS).unref();
  return promise;
}

async function collect(chunks: AsyncIterator<Uint8Array | string>, first?: IteratorResult<Uint8Array | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let next = first ?? (await chunks.next()); next.done !== true; next = await chunks.next()) {
    const part = Buffer.from(next.value as Uint8Array);
    bytes += part.byteLength;
    if (bytes > MAX_TEXT) throw new TokaError('TOKA_USAGE', `standard input holds more than ${MAX_TEXT} bytes`, { hint: 'name the file in the prompt: the agent can read parts of it' });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new TokaError('TOKA_USAGE', 'expected text in UTF-8 on standard input, found something else', { hint: 'hand pictures over with --image FILE' });
  return bytes.toString('utf8');
}

const SIGNATURES: readonly (readonly [string, RegExp])[] = [
  ['image/png', /^\u0089PNG\r\n\u001a\n/],
  ['image/jpeg', /^\u00ff\u00d8\u00ff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBP/],
];

function readImage(file: string): SaidPart {
  const bytes = bytesOf(file);
  const head = bytes.toString('latin1', 0, 16);
  const mediaType = SIGNATURES.find(([, signature]) => signature.test(head))?.[0];
  if (mediaType === undefined) throw new TokaError('TOKA_USAGE', `${file}: expected a picture as PNG, JPEG, GIF or WebP, found something else`, { hint: 'convert it first' });
  return { type: 'image', mediaType, base64: bytes.toString('base64') };
}

function bytesOf(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > MAX_IMAGE) throw new TokaError('TOKA_USAGE', `${file} has ${size} bytes, a picture at most ${MAX_IMAGE}`, { hint: 'make it smaller' });
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof TokaError) throw cause;
    throw new TokaError('TOKA_USAGE', `cannot read ${file} (${(cause as NodeJS.ErrnoException).code})`, { cause, hint: 'check the path' });
  }
}
