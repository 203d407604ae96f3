import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorize } from '../../src/capability/authorize.ts';
import type { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapabilities, parseCapability, printCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';
import { capabilityFault, policyOf } from '../../src/capability/rules.ts';
import { EMPTY_CONFIG, type Config, type Rule } from '../../src/config/config.ts';
import { type Layer, mergeLayers } from '../../src/config/layers.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { parsePolicyTest } from '../../src/config/policy-test.ts';
import { TokaError } from '../../src/errors.ts';

const corpus = join(import.meta.dirname, 'corpus');
const seeds = readdirSync(join(corpus, 'policy')).map((name) => readFileSync(join(corpus, 'policy', name), 'utf8'));
const texts = readFileSync(join(corpus, 'capabilities.txt'), 'utf8').trimEnd().split('\n');
const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const anchors = { root: '/p', home: '/h', realPath: (path: string) => path, isFolder: () => false };

/** What the call gives; `undefined` where it refused with one of the codes. */
function tried<T>(call: () => T, ...codes: readonly string[]): T | undefined {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof TokaError)) throw error;
    expect(codes).toContain(error.code);
    return undefined;
  }
}

/** Whatever the text, each reader takes it or refuses it with its code; what is taken can be used. */
function holds(text: string): void {
  const config = tried(() => parseConfig(text, 'toka.yaml', capabilityFault), 'TOKA_CONFIG_INVALID');
  if (config) {
    const layer: Layer = { origin: 'user', file: 'toka.yaml', config, trusted: true };
    const policy = tried(() => policyOf(mergeLayers([layer]), anchors), 'TOKA_CONFIG_INVALID');
    for (const { capability } of policy?.grants ?? []) expect(parseCapability(printCapability(capability))).toEqual(capability);
  }
  const administrators = tried(() => parseConfig(text, 'policy.yaml', capabilityFault, { narrowsOnly: true }), 'TOKA_CONFIG_INVALID');
  if (administrators) expect(administrators).toMatchObject({ policy: { allow: [] }, prefer: {}, tools: { paths: [] } });
  tried(() => parsePolicyTest(text, 'cases.yaml', capabilityFault), 'TOKA_POLICY_TEST_INVALID');
}

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(30),
  put: fc.oneof(fc.constantFrom(...texts, ...seeds, '[', ']', '{', '}', ': ', '\n', '- ', '&a ', '*a', '!!map', '"', '#', '\u0000', '\u202e'), fc.string({ maxLength: 8 })),
});
const mutated = (from: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...from), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const offset = Math.floor(at * text.length);
      return text.slice(0, offset) + put + text.slice(offset + cut);
    }, seed),
  );

describe('the corpus', () => {
  test.each(texts)('%s', (text) => {
    const parsed = tried(() => parseCapabilities(text), 'TOKA_CAPABILITY_INVALID');
    for (const capability of parsed ?? []) expect(parseCapability(printCapability(capability))).toEqual(capability);
  });

  test.each(seeds)('%j', (text) => {
    expect(() => holds(text)).not.toThrow();
  });
});

test('policy files with pieces cut out, doubled or put in', () => {
  fc.assert(fc.property(mutated(seeds), holds), { numRuns: runs });
});

test('capabilities with pieces cut out, doubled or put in', () => {
  fc.assert(
    fc.property(mutated(texts), (text) => {
      const parsed = tried(() => parseCapabilities(text), 'TOKA_CAPABILITY_INVALID');
      for (const capability of parsed ?? []) expect(parseCapability(printCapability(capability))).toEqual(capability);
    }),
    { numRuns: runs * 10 },
  );
});

describe('what only narrows widens nothing', () => {
  const NAMES = ['fs:read', 'fs:read:**', 'fs:read:a/**', 'fs:read:a/b', 'fs:write:a/**', 'proc:exec', 'proc:exec:git', 'proc:exec:/bin/git', 'net:connect:*.example.org', 'net:connect:api.example.org:443', 'env:read:CI'];
  const PLACES: readonly Parameters<EffectiveSet['allows']>[] = [
    ...['/p', '/p/a', '/p/a/b', '/p/c', '/etc/x'].flatMap((path) => (['read', 'write'] as const).map((action): Parameters<EffectiveSet['allows']> => ['fs', action, path])),
    ...['git', '/bin/git', 'ls'].map((program): Parameters<EffectiveSet['allows']> => ['proc', 'exec', program]),
    ['net', 'connect', 'api.example.org:443'],
    ['env', 'read', 'CI'],
  ];
  const rules = fc.array(
    fc.record({ capabilities: fc.subarray(NAMES, { minLength: 1, maxLength: 2 }), line: fc.constant(1), tools: fc.option(fc.constantFrom(['report'], ['other']), { nil: undefined }) }),
    { maxLength: 3 },
  ).map((list) => list.map(({ tools, ...rule }): Rule => ({ ...rule, ...(tools ? { tools } : {}) })));
  const config = fc.record({ allow: rules, ask: rules, deny: rules }).map((policy): Config => ({ ...EMPTY_CONFIG, policy }));

  function decide(layers: readonly Layer[], needs: readonly string[]) {
    const required = needs.flatMap((text) => parseCapabilities(text)).map((each) => (each.scope === undefined || each.domain !== 'fs' ? each : { ...each, scope: `/p/${each.scope}` }));
    return authorize({
      needs: { starts: [], required, optional: [] },
      level: 'elevated',
      policy: policyOf(mergeLayers(layers), anchors),
      principal: Principal.person('user:1'),
      hidden: [],
      toolNames: ['report', 'project/report'],
    });
  }

  test.each(['administrator', 'project'] as const)('a layer of the %s that is not trusted to allow', (origin) => {
    fc.assert(
      fc.property(config, config, fc.subarray(NAMES), (own, other, needs) => {
        const base: Layer = { origin: 'user', file: 'u', config: own, trusted: true };
        const policy = origin === 'administrator' ? { ...other.policy, allow: [] } : other.policy;
        const added: Layer = { origin, file: 'x', config: { ...other, policy }, trusted: origin === 'administrator' };
        const [before, after] = [decide([base], needs), decide([base, added], needs)];
        for (const place of PLACES) if (after.effective.allows(...place)) expect([...place, before.effective.allows(...place)]).toEqual([...place, true]);
        const names = (list: typeof before.missing): string[] => list.map(({ capability }) => printCapability(capability));
        expect(names(after.missing)).toEqual(expect.arrayContaining(names(before.missing)));
      }),
      { numRuns: runs * 3 },
    );
  });
});
