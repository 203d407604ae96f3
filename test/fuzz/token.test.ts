import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/errors.ts';
import { type Capability, implies, parseCapability, printCapability } from '../../src/capability/grammar.ts';
import { parseEnvelope, printEnvelope } from '../../src/capability/token/envelope.ts';
import type { Restrictions } from '../../src/capability/token/facts.ts';
import type { TokenFacts } from '../../src/capability/token/tokens.ts';
import { capabilities, office, START, withBlock } from '../capability/token/support.ts';
import { anyCharacter } from '../support/any-character.ts';

const here = office();
afterAll(() => here[Symbol.dispose]());

const parent = here.create({ workspace: '/p' });
const token = here.tokens.attenuate(parent, { capabilities: capabilities('fs:read:/p/docs/**'), expires: START / 1000 + 600 }).text;
const known = here.tokens.verify(token);

/** What a text says; `undefined` where it was refused with a code of its own, and not as a defect. */
function verified(text: string): TokenFacts | undefined {
  try {
    return here.tokens.verify(text);
  } catch (error) {
    const { code } = error as { code: keyof typeof EXIT_CODES };
    expect([code, EXIT_CODES[code]]).toEqual([code, 77]);
    return undefined;
  }
}

/** Whether nothing is in `narrow` that is not in `wide`, by the grammar itself. */
function isWithin(narrow: TokenFacts, wide: TokenFacts): boolean {
  return (
    narrow.capabilities.every((each) => wide.capabilities.some((grant) => implies(grant, each))) &&
    narrow.expires <= wide.expires &&
    narrow.depth <= wide.depth &&
    wide.windows.every((window) => narrow.windows.includes(window) || narrow.windows.some((each) => JSON.stringify(each) === JSON.stringify(window))) &&
    (wide.workspace === undefined || narrow.workspace === wide.workspace || narrow.workspace?.startsWith(`${wide.workspace}/`) === true) &&
    narrow.subject === wide.subject
  );
}

describe('a hostile token', () => {
  test('of any text: refused with a code', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => verified(text) === undefined), { numRuns: 2000 });
  });

  test('of the right beginning and any bytes: refused with a code', () => {
    const { publicKey } = parseEnvelope(token);
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (biscuit) => verified(printEnvelope({ publicKey, biscuit })) === undefined), { numRuns: 1000 });
  });

  test('that was a real one before: refused, or it says what the real one says', () => {
    const { publicKey, biscuit } = parseEnvelope(token);
    const edit = fc.record({ at: fc.nat(biscuit.length - 1), remove: fc.nat(40), insert: fc.uint8Array({ maxLength: 40 }) });
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const bytes = edits.reduce((all, { at, remove, insert }) => Buffer.concat([all.subarray(0, at), insert, all.subarray(at + remove)]), Buffer.from(biscuit));
      fc.pre(bytes.length > 0);
      const facts = verified(printEnvelope({ publicKey, biscuit: bytes }));
      expect(facts === undefined || isWithin(facts, known)).toBe(true);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  test('with any block that can be written in its language: refused, or it gives no more', () => {
    const text = fc.constantFrom('fs:read:/**', 'fs:read:/p/docs/a', 'fs:read', 'fs:read:/p/docs/*', 'Mon-Sun 00:00-24:00 UTC', '/', '/p', '/p/docs', '%22', '%', 'fs:read:/p/docs/%22');
    const number = fc.constantFrom(0, 1, 2, 4, START / 1000, START / 1000 + 599, START / 1000 + 601);
    const name = fc.constantFrom('capability', 'expires', 'depth', 'window', 'workspace', 'subject', 'issued', 'toka', 'budget');
    const fact = fc.tuple(name, fc.oneof(text.map((value) => JSON.stringify(value)), number.map(String))).map(([of, value]) => `${of}(${value});`);
    const other = fc.constantFrom('check if true;', 'check if capability($x);', 'capability("fs:read:/") <- depth($d);', 'reject if false;');
    const property = fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: fact }, other), { maxLength: 4 }), (lines) => {
      const facts = verified(withBlock(token, lines.join('\n')));
      expect(facts === undefined || isWithin(facts, known)).toBe(true);
    });
    fc.assert(property, { numRuns: 800 });
  });
});

describe('narrowing', () => {
  const segment = fc.constantFrom('a', 'b', '*', 'docs', '**', 'a*');
  const scope = fc
    .array(segment, { minLength: 1, maxLength: 3 })
    .map((parts) => `/p/${parts.join('/')}`)
    .filter((text) => !text.includes('**/**'));
  const capability: fc.Arbitrary<Capability> = fc.oneof(
    scope.map((text) => parseCapability(`fs:read:${text}`)),
    fc.constantFrom('fs:read:/p/**', 'fs:write:/p/a', 'proc:exec:git', 'proc:exec', 'env:read:CI').map(parseCapability),
  );
  const restrictions: fc.Arbitrary<Restrictions> = fc.record(
    {
      capabilities: fc.array(capability, { minLength: 1, maxLength: 3 }),
      expires: fc.integer({ min: START / 1000 + 60, max: START / 1000 + 7200 }),
      depth: fc.nat(4),
      workspace: fc.constantFrom('/p', '/p/a', '/p/a/b', '/q', '/'),
    },
    { requiredKeys: [] },
  );

  test('any chain: each token gives at most what the one before it gives, and verifies again to the same', () => {
    const property = fc.property(fc.array(restrictions, { minLength: 1, maxLength: 4 }), (steps) => {
      let [text, before] = [parent, here.tokens.inspect(parent)];
      for (const step of steps) {
        let made;
        try {
          made = here.tokens.attenuate(text, step);
        } catch (error) {
          expect(['TOKA_TOKEN_WIDENS', 'TOKA_TOKEN_DELEGATION']).toContain((error as { code: string }).code);
          return;
        }
        expect(isWithin(made.facts, before)).toBe(true);
        expect(here.tokens.inspect(made.text)).toEqual(made.facts);
        [text, before] = [made.text, made.facts];
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('every capability that can be written comes back as it was', () => {
    const property = fc.property(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 60 }), (scopeText) => {
      let written: Capability;
      try {
        written = parseCapability(`env:read:${scopeText}`);
      } catch {
        return;
      }
      fc.pre(scopeText.isWellFormed());
      const { facts } = here.tokens.create({ subject: 'user:test', capabilities: [written], depth: 0, lifetime: 60 });
      expect(facts.capabilities.map(printCapability)).toEqual([printCapability(written)]);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
