const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of a text of bytes, as browsers have it. */
export function btoa(text: unknown): string {
  const bytes = String(text);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const three = [0, 1, 2].map((offset) => bytes.charCodeAt(at + offset));
    if (three.some((code) => code > 0xff)) throw new RangeError('expected a text of the letters U+0000 to U+00FF');
    const [one = 0, two = 0, last = 0] = three.map((code) => (Number.isNaN(code) ? 0 : code));
    const bits = (one << 16) | (two << 8) | last;
    const four = [18, 12, 6, 0].map((shift) => LETTERS[(bits >> shift) & 0x3f]).join('');
    const missing = Math.max(0, at + 3 - bytes.length);
    parts.push(missing === 0 ? four : four.slice(0, 4 - missing) + '='.repeat(missing));
  }
  return parts.join('');
}

/** The text of bytes that base64 stands for. */
export function atob(text: unknown): string {
  const letters = String(text).replaceAll(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
  const parts: string[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of letters) {
    const value = LETTERS.indexOf(letter);
    if (value === -1) throw new RangeError('expected base64');
    bits = ((bits << 6) | value) & 0xff_ff_ff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    parts.push(String.fromCharCode((bits >> held) & 0xff));
  }
  if (letters.length % 4 === 1) throw new RangeError('expected base64');
  return parts.join('');
}
