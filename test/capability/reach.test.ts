import { describe, expect, it } from 'vitest';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability } from '../../src/capability/grammar.ts';
import { type Reach, reachOf } from '../../src/capability/reach.ts';

const of = (texts: readonly string[]) => texts.map((text) => parseCapability(text));
const reach = (grants: readonly string[], denials: readonly string[] = []): Reach =>
  reachOf(new EffectiveSet(of(grants).map((capability) => ({ capability, source: 'test' })), of(denials)));

describe('what a run may connect to', () => {
  it.each([
    [['net:connect:example.org:443'], 'example.org', 443, true],
    [['net:connect:example.org:443'], 'example.org', 80, false],
    [['net:connect:example.org'], 'example.org', 80, true],
    [['net:connect:example.org:*'], 'example.org', 80, true],
    [['net:connect:Example.ORG.:443'], 'example.org', 443, true],
    [['net:connect:example.org'], 'www.example.org', 443, false],
    [['net:connect:*.example.org'], 'www.example.org', 443, true],
    [['net:connect:*.example.org'], 'a.b.example.org', 443, true],
    [['net:connect:*.example.org'], 'example.org', 443, false],
    [['net:connect:*.example.org'], 'badexample.org', 443, false],
    [['net:connect:*.example.org'], '.example.org', 443, false],
    [['net:connect:*:443'], 'example.org', 443, true],
    [['net:connect:*:443'], 'example.org', 80, false],
    [['net:connect'], 'example.org', 80, true],
    [['net:connect:[2001:DB8:0::1]:443'], '[2001:db8::1]', 443, true],
    [['net:connect:[::ffff:127.0.0.1]:80'], '127.0.0.1', 80, true],
    [['net:connect:a.example:1', 'net:connect:b.example:2'], 'b.example', 2, true],
    [['net:connect:a.example:1', 'net:connect:b.example:2'], 'b.example', 1, false],
    [['fs:read:/example.org'], 'example.org', 443, false],
    [[], 'example.org', 443, false],
  ])('%j and %s:%d: %s', (grants, host, port, allowed) => {
    expect(reach(grants).allows(host, port)).toBe(allowed);
  });

  it('is less what a denial takes away', () => {
    const { allows } = reach(['net:connect'], ['net:connect:*.internal.example', 'net:connect:*:25']);
    expect([allows('example.org', 443), allows('db.internal.example', 443), allows('example.org', 25)]).toEqual([true, false, false]);
  });

  it('names a host only where a grant says it, not where a pattern covers it', () => {
    const names = (grant: string) => reach([grant]).names('127.0.0.1', 80);
    expect(['net:connect', 'net:connect:*', 'net:connect:*:80', 'net:connect:127.0.0.1:81'].map(names)).toEqual([false, false, false, false]);
    expect(['net:connect:127.0.0.1', 'net:connect:127.0.0.1:80'].map(names)).toEqual([true, true]);
    expect(reach(['net:connect:127.0.0.1'], ['net:connect:127.0.0.1:80']).names('127.0.0.1', 80)).toBe(false);
  });

  it.each(['0x7f.1', '127.1', '2130706433', '::1:80', 'exam ple.org', 'example.org:0', 'api.*.example.org'])('is not settled by a grant for %s', (scope) => {
    expect(() => reach([`net:connect:${scope}`])).toThrow(expect.objectContaining({ code: 'TOKA_CAPABILITY_INVALID' }));
  });
});
