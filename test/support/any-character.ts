import fc from 'fast-check';

const SURROGATES = { from: 0xd800, count: 0x800 };

/** Whatever is a character by itself. The unit `binary` of fast-check is the same, after a second in which it makes a table of all of them. */
export const anyCharacter = fc.integer({ min: 0, max: 0x10ffff - SURROGATES.count }).map(
  (place) => String.fromCodePoint(place < SURROGATES.from ? place : place + SURROGATES.count),
  (character) => {
    const [only = '', ...more] = typeof character === 'string' ? character : '';
    const code = only.codePointAt(0) ?? SURROGATES.from;
    if (more.length > 0 || (code >= SURROGATES.from && code < SURROGATES.from + SURROGATES.count)) throw new Error('not one character');
    return code < SURROGATES.from ? code : code - SURROGATES.count;
  },
);
