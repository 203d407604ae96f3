import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOf, secretsOf } from '../../src/pipeline/mask.ts';
import type { Run } from '../../src/pipeline/run.ts';

/** A run whose one own parameter is a secret, below a run that knows others. */
function runWith(own: string, above: readonly string[] = []): Run {
  const tool = { params: { properties: { key: { type: 'string', 'x-type': 'secret' }, name: { type: 'string' } } } };
  return { tool, params: { key: own, name: 'plain' }, request: { params: {}, parent: { run: 'x', permissions: [], secrets: above } } } as unknown as Run;
}

describe('the mask of a run', () => {
  test('replaces its own secrets and those of the runs above it', () => {
    const run = runWith('own-secret', ['theirs-secret']);
    expect(secretsOf(run)).toEqual(['theirs-secret', 'own-secret']);
    expect(maskOf(run).json({ 'own-secret': ['theirs-secret', 'plain', 1, null] })).toEqual({ '[secret]': ['[secret]', 'plain', 1, null] });
  });

  test('replaces a number that is written like a secret', () => {
    expect(maskOf(runWith('123456')).json([123456, 12345])).toEqual(['[secret]', 12345]);
  });

  test('leaves no secret in a stream, however it is split over pieces', () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 6 });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-d]{4,8}$/), fc.stringMatching(/^[a-d]{0,12}$/), fc.stringMatching(/^[a-d]{0,12}$/), cuts, (secret, before, after, at) => {
        const bytes = Buffer.from(before + secret + after);
        const ends = [...new Set(at.filter((end) => end < bytes.length))].toSorted((one, other) => one - other);
        const pieces = [0, ...ends].map((from, index) => ({ stream: 'stdout' as const, bytes: bytes.subarray(from, [...ends, bytes.length][index]) }));
        const masked = maskOf(runWith(secret)).pieces(pieces);
        expect(masked).toHaveLength(pieces.length);
        const text = Buffer.concat(masked.map((piece) => piece.bytes)).toString();
        expect(text.replaceAll('[secret]', '|')).not.toContain(secret);
        expect(text).toBe(maskOf(runWith(secret)).text(bytes.toString()));
      }),
    );
  });

  test('replaces base64 wherever the secret begins in what was encoded', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{9,30}$/), fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (secret, before, after) => {
        const text = Buffer.from(before + secret + after).toString('base64');
        expect(maskOf(runWith(secret)).text(text)).toContain('[secret]');
      }),
    );
  });

  test('leaves what is no secret as it is', () => {
    expect(maskOf(runWith('abc')).text('abc plain')).toBe('abc plain');
    expect(maskOf(runWith('own-secret')).text('own-secre t')).toBe('own-secre t');
  });
});
