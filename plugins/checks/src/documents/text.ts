/** A text as it stands in a file, with what is needed to write it back byte for byte. */
export interface Text {
  /** Without the byte order mark. */
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
  readonly bom: boolean;
}

const probe = 8192;

/**
 * Decodes the bytes of a document. What is not valid UTF-8 is read as Latin-1, one character a byte, so that it can be written back
 * unchanged.
 *
 * @param bytes The whole file.
 * @returns The text, or `undefined` for a binary file (a NUL in the first 8 KiB, git's rule).
 */
export function decode(bytes: Uint8Array): Text | undefined {
  if (bytes.subarray(0, probe).includes(0)) return undefined;
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = bom ? bytes.subarray(3) : bytes;
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), encoding: 'utf8', bom };
  } catch {
    return { text: Buffer.from(body).toString('latin1'), encoding: 'latin1', bom };
  }
}

/**
 * The inverse of {@link decode}.
 *
 * @param text The new text.
 * @param like How the file was encoded.
 * @returns The bytes of the whole file.
 */
export function encode(text: string, like: Text): Uint8Array {
  const body = Buffer.from(text, like.encoding);
  return like.bom ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) : body;
}

/** Turns offsets into lines and columns, both counted from 1; columns in UTF-16 code units. */
export class Lines {
  readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) this.starts.push(at + 1);
    }
  }

  /** The index (from 0) of the line that holds an offset. */
  indexOf(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  at(offset: number): { line: number; column: number } {
    const index = this.indexOf(offset);
    return { line: index + 1, column: offset - (this.starts[index] ?? 0) + 1 };
  }
}
