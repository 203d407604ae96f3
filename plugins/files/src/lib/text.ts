import { isUtf8 } from 'node:buffer';
import { coded, type CodedError } from '@toka/sdk';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';
export type LineEnding = 'lf' | 'crlf' | 'mixed' | 'none';

/** The text of a file and what is needed to write it back byte for byte. */
export interface DecodedText {
  /** Without the byte order mark. */
  readonly text: string;
  readonly bom: boolean;
  readonly encoding: TextEncoding;
}

const BOM = '\uFEFF';

const SIGNATURES: readonly (readonly [string, string])[] = [
  ['89504e470d0a1a0a', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['47494638', 'a GIF image'],
  ['25504446', 'a PDF document'],
  ['504b0304', 'a ZIP archive (or an Office document, or a JAR)'],
  ['1f8b', 'gzip data'],
  ['28b52ffd', 'zstd data'],
  ['fd377a585a00', 'xz data'],
  ['425a68', 'bzip2 data'],
  ['7f454c46', 'an ELF program'],
  ['cffaedfe', 'a Mach-O program'],
  ['4d5a', 'a Windows program'],
  ['0061736d', 'a WebAssembly module'],
  ['53514c69746520666f726d6174203300', 'an SQLite database'],
  ['774f4632', 'a WOFF2 font'],
];

/** Which encoding a byte order mark at the start declares; `undefined` without one. */
export function encodingOfMark(start: Uint8Array): TextEncoding | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : undefined;
}

/**
 * Decodes a text file, by its byte order mark or else as UTF-8.
 *
 * @param bytes The whole file.
 * @param path The file's name, for the error.
 * @returns The text; `encodeText` of it gives the same bytes again.
 * @throws CodedError `FILE_NOT_TEXT` for a NUL character or invalid UTF-8.
 */
export function decodeText(bytes: Uint8Array, path: string): DecodedText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = encodingOfMark(buffer) ?? 'utf-8';
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be';
  if (isWide ? buffer.length % 2 !== 0 : buffer.includes(0) || !isUtf8(buffer)) throw notText(path, buffer);
  const decoded = decodeBytes(buffer, encoding);
  if (isWide && decoded.includes('\0')) throw notText(path, buffer);
  const bom = decoded.startsWith(BOM);
  return { text: bom ? decoded.slice(1) : decoded, bom, encoding };
}

export function decodeBytes(buffer: Buffer, encoding: TextEncoding): string {
  if (encoding === 'utf-16be')
    return Buffer.from(buffer.subarray(0, buffer.length & ~1))
      .swap16()
      .toString('utf16le');
  return buffer.toString(encoding === 'utf-16le' ? 'utf16le' : encoding);
}

/** The bytes of a text, in its encoding and with its byte order mark. */
export function encodeText({ text, bom, encoding }: DecodedText): Buffer {
  const marked = bom ? BOM + text : text;
  if (encoding === 'utf-16be') return Buffer.from(marked, 'utf16le').swap16();
  return Buffer.from(marked, encoding === 'utf-16le' ? 'utf16le' : encoding);
}

export function lineEndingOf(text: string): LineEnding {
  let crlf = 0;
  let lf = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (at > 0 && text.charCodeAt(at - 1) === 13) crlf++;
    else lf++;
  }
  if (crlf > 0 && lf > 0) return 'mixed';
  return crlf > 0 ? 'crlf' : lf > 0 ? 'lf' : 'none';
}

/** The error for a file that should be text: says what it looks like and how to read it all the same. */
export function notText(path: string, bytes: Uint8Array): CodedError {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = signatureOf(buffer) ?? flawOf(buffer);
  const latin = !buffer.includes(0) && !isUtf8(buffer) && signatureOf(buffer) === undefined;
  const hint = latin
    ? 'an old 8-bit encoding is likely: read it with encoding latin1, or bytes as they are with encoding base64'
    : 'read its bytes with encoding base64 or hex';
  return coded('FILE_NOT_TEXT', `expected text in ${path}, found ${found}`, { hint });
}

function signatureOf(buffer: Buffer): string | undefined {
  const start = buffer.toString('hex', 0, 16);
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
}

function flawOf(buffer: Buffer): string {
  const nul = buffer.indexOf(0);
  if (nul !== -1) return `a NUL byte at offset ${nul}`;
  const again = Buffer.from(buffer.toString('utf8'));
  const at = buffer.findIndex((byte, index) => byte !== again[index]);
  return `bytes that are not UTF-8, the first at offset ${at === -1 ? buffer.length : at}`;
}
