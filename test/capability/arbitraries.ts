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

/** Scopes of few parts that the grammar accepts, with what its canonical form has to tell apart. */
export const scopeText = fc
  .array(
    fc.oneof(
      fc.constantFrom('**', '*', 'a', 'b', ''),
      fc.array(fc.constantFrom('a', 'b', '*', '?', String.raw`\*`), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('/'));

/** Hosts and ports as they may be written, few enough to meet one another. */
export const endpointText = fc
  .tuple(
    fc.constantFrom('*', '*.example.org', '*.Example.ORG', '*.api.example.org', 'example.org', 'EXAMPLE.org.', 'api.example.org', 'x.api.example.org', '10.0.0.1', '[::ffff:10.0.0.1]', '[::1]', '[0:0::1]', 'bücher.example', 'xn--bcher-kva.example'),
    fc.constantFrom('', ':*', ':80', ':443'),
  )
  .map(([host, port]) => host + port);

/** Every place that `endpointText` can tell apart, in its one spelling. */
export const ENDPOINTS = ['example.org', 'api.example.org', 'x.api.example.org', 'y.api.example.org', 'other.test', '10.0.0.1', '[::1]', 'xn--bcher-kva.example'].flatMap((host) =>
  [80, 443, 8080].map((port) => `${host}:${port}`),
);
