/** UTF-8 of a text; half of a surrogate pair becomes U+FFFD. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let point = text.codePointAt(at)!;
    if (point > 0xff_ff) at += 1;
    else if (point >= 0xd8_00 && point <= 0xdf_ff) point = 0xff_fd;
    if (point < 0x80) bytes[length++] = point;
    else {
      if (point < 0x8_00) bytes[length++] = 0xc0 | (point >> 6);
      else {
        if (point < 0x1_00_00) bytes[length++] = 0xe0 | (point >> 12);
        else {
          bytes[length++] = 0xf0 | (point >> 18);
          bytes[length++] = 0x80 | ((point >> 12) & 0x3f);
        }
        bytes[length++] = 0x80 | ((point >> 6) & 0x3f);
      }
      bytes[length++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes.slice(0, length);
}

/** The text of UTF-8; what is none becomes U+FFFD, or is an error. */
function decode(bytes: Uint8Array, isFatal: boolean): string {
  const parts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { point, length } = pointAt(bytes, at);
    if (point === undefined && isFatal) throw new TypeError('expected UTF-8');
    parts.push(String.fromCodePoint(point ?? 0xff_fd));
    at += length;
  }
  return parts.join('');
}

function pointAt(bytes: Uint8Array, at: number): { readonly point?: number; readonly length: number } {
  const first = bytes[at]!;
  if (first < 0x80) return { point: first, length: 1 };
  const more = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
  if (more === 0) return { length: 1 };
  let point = first & (0x3f >> more);
  for (let next = 1; next <= more; next += 1) {
    const byte = bytes[at + next] ?? 0;
    const least = next > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = next > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (byte < least || byte > most) return { length: next };
    point = (point << 6) | (byte & 0x3f);
  }
  return { point, length: more + 1 };
}

export class TextEncoder {
  readonly encoding = 'utf-8';
  encode(text: unknown = ''): Uint8Array {
    return encode(String(text));
  }
}

export class TextDecoder {
  readonly encoding = 'utf-8';
  readonly fatal: boolean;

  constructor(label: unknown = 'utf-8', options: { readonly fatal?: boolean } = {}) {
    if (!/^utf-?8$/i.test(String(label))) throw new RangeError(`expected the encoding utf-8, found ${String(label)}`);
    this.fatal = options.fatal === true;
  }

  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array()): string {
    const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return decode(hasMark ? bytes.subarray(3) : bytes, this.fatal);
  }
}
