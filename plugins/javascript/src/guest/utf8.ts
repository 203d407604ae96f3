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
