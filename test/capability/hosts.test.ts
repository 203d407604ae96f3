import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { describe, expect, test } from 'vitest';
import { normaliseHost, parseEndpoint, printEndpoint } from '../../src/capability/hosts.ts';
import { anyCharacter } from '../support/any-character.ts';

const REFUSED = expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' });

describe('a host has one spelling', () => {
  test.each([
    ['API.GitHub.com', 'api.github.com'],
    ['example.org.', 'example.org'],
    ['localhost', 'localhost'],
    ['_dmarc.example.org', '_dmarc.example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['XN--Bcher-kva.example', 'xn--bcher-kva.example'],
    ['раураl.com', 'xn--l-7sba6dbr.com'],
    ['example。org', 'example.org'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[2001:DB8:0:0::1]', '[2001:db8::1]'],
    ['[2001:db8:0000:0000:0000:0000:0000:0001]', '[2001:db8::1]'],
    ['[::ffff:127.0.0.1]', '127.0.0.1'],
    ['[::FFFF:7f00:1]', '127.0.0.1'],
    ['[64:ff9b::1.2.3.4]', '[64:ff9b::102:304]'],
  ])('%s is %s', (text, expected) => {
    expect(normaliseHost(text)).toBe(expected);
    expect(normaliseHost(expected)).toBe(expected);
  });

  test.each([
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['leading zeros', '127.000.000.001'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['hexadecimal in one', '0x7F000001'],
    ['short', '127.1'],
    ['too long', '1.2.3.4.5'],
    ['out of range', '256.0.0.1'],
    ['a number at the end of a name', 'example.0x'],
    ['IPv6 without brackets', '::1'],
    ['an IPv6 zone', '[fe80::1%25eth0]'],
    ['not IPv6', '[::g]'],
    ['half a bracket', '[::1'],
    ['something after the bracket', '[::1]x'],
    ['an empty label', 'a..b'],
    ['two final dots', 'example.org..'],
    ['only a dot', '.'],
    ['nothing', ''],
    ['a space', 'exa mple.org'],
    ['a user', 'a@b'],
    ['a path', 'a/b'],
    ['an escape', 'a%2eb'],
    ['a hyphen at the edge', '-a.org'],
    ['a label of 64', `${'a'.repeat(64)}.org`],
    ['a name of 254', `${'a.'.repeat(126)}aa`],
    ['a zero-width character alone', '\u200b'],
    ['a direction mark', 'a\u202eb.org'],
    ['half a surrogate', '\ud800.org'],
    ['a wildcard', '*.example.org'],
  ])('%s is refused', (_, text) => {
    expect(() => normaliseHost(text)).toThrow(REFUSED);
  });

  test('whatever is given, there is a spelling that stays as it is, or a coded error', () => {
    const pieces = fc
      .array(fc.constantFrom('a', 'Z', '0', '1', '255', '0x', '.', ':', '[', ']', '::', 'ffff', 'ü', 'ß', '。', '\u200d', '\ud800', '%', '-', '_', '*'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(pieces, fc.string({ unit: anyCharacter, maxLength: 30 }), fc.domain(), fc.ipV6().map((each) => `[${each}]`)), (text) => {
        let once: string;
        try {
          once = normaliseHost(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'TOKA_CAPABILITY_INVALID' });
          return;
        }
        expect(once).toMatch(/^[\u0021-\u007e]+$/);
        expect(normaliseHost(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  test('an IPv6 address is the same one however it is written', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
        const short = groups.map((group) => group.toString(16).toUpperCase()).join(':');
        expect(normaliseHost(`[${long}]`)).toBe(normaliseHost(`[${short}]`));
        expect(isIPv6(normaliseHost(`[${long}]`).slice(1, -1))).toBe(true);
      }),
    );
  });
});

describe('an endpoint', () => {
  test.each([
    ['example.org', { host: 'example.org' }],
    ['Example.ORG:443', { host: 'example.org', port: 443 }],
    ['example.org:*', { host: 'example.org' }],
    ['*', { host: '*' }],
    ['*:443', { host: '*', port: 443 }],
    ['*.Example.org:8080', { host: '*.example.org', port: 8080 }],
    ['[::1]', { host: '[::1]' }],
    ['[::1]:65535', { host: '[::1]', port: 65_535 }],
    ['[::ffff:10.0.0.1]:1', { host: '10.0.0.1', port: 1 }],
  ])('%s', (text, expected) => {
    expect(parseEndpoint(text)).toEqual(expected);
    expect(parseEndpoint(printEndpoint(parseEndpoint(text)))).toEqual(expected);
  });

  test.each([
    '',
    ':443',
    'a:',
    'a:0',
    'a:00',
    'a:0443',
    'a:65536',
    'a:https',
    'a:80-90',
    'a:4*',
    'a:1:2',
    '::1:443',
    'api-*.example.org',
    'example.*',
    '**.example.org',
    '*example.org',
    'exa?ple.org',
    '*.*',
    '*.127.0.0.1',
    '*.[::1]',
    '*.0.1',
    String.raw`a\*b`,
    'https://example.org',
  ])('%j is refused', (text) => {
    expect(() => parseEndpoint(text)).toThrow(REFUSED);
  });
});
