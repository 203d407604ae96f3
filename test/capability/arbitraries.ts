import fc from 'fast-check';

/** All strings over an alphabet up to a length: small enough to compare a relation on globs with what it means. */
export function allStrings(alphabet: readonly string[], length: number): string[] {
  let longest = [''];
  const all = [''];
  for (let size = 1; size <= length; size++) {
    longest = longest.flatMap((text) => alphabet.map((char) => text + char));
    all.push(...longest);
  }
  return all;
}

/** Globs of few pieces, so that what tells two of them apart is a short string. */
export const globText = fc
  .array(fc.constantFrom('a', 'b', '/', '*', '?', '**', '/**', '/**/', String.raw`\*`, String.raw`\?`, String.raw`\a`), { maxLength: 5 })
  .map((pieces) => pieces.join(''));
