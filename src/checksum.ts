/** FNV-1a of 32 bits (Fowler, Noll, Vo): tells two files or folders apart, and where it does not, that only costs time. */
export function checksum(text: string): string {
  const sum = Buffer.from(text).reduce((before, byte) => Math.imul(before ^ byte, 0x01000193), 0x811c9dc5);
  return (sum >>> 0).toString(16);
}
