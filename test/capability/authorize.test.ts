import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorize, type Decision, type Question } from '../../src/capability/authorize.ts';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability as cap, printCapability } from '../../src/capability/grammar.ts';
import type { Needs } from '../../src/capability/needs.ts';
import { type Ask, type Denial, type Grant, INHERITED } from '../../src/capability/policy.ts';
import { Principal } from '../../src/capability/principal.ts';
import { allStrings } from './arbitraries.ts';

const person = Principal.person('user:1000');

interface Parts {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  readonly grants?: readonly (string | Grant)[];
  readonly asks?: readonly (string | Partial<Ask>)[];
  readonly denials?: readonly (string | Denial)[];
  readonly more?: Partial<Needs>;
  readonly level?: Question['level'];
  readonly principal?: Principal;
}

function decide({ required = [], optional = [], grants = [], asks = [], denials = [], more = {}, level = 'restricted', principal = person }: Parts): Decision {
  return authorize({
    needs: { starts: [], required: required.map(cap), optional: optional.map(cap), ...more },
    level,
    policy: {
      grants: grants.map((each) => (typeof each === 'string' ? { capability: cap(each), source: 'test' } : each)),
      asks: asks.map((each) => ({ capability: cap('fs:read'), source: 'user.yaml:2', isAdministrators: false, ...(typeof each === 'string' ? { capability: cap(each) } : each) })),
      denials: denials.map((each) => (typeof each === 'string' ? { capability: cap(each), source: 'admin.yaml:3' } : each)),
    },
    principal,
    hidden: [],
    toolNames: ['report', 'project/report'],
  });
}

const granted = (decision: Decision): string[] => decision.effective.print();
const lacks = (decision: Decision): unknown[] => decision.missing.map(({ capability, lack }) => [printCapability(capability), lack.by]);
const reads = (decision: Decision, path: string): boolean => decision.effective.allows('fs', 'read', path);

describe('required ∩ level ∩ policy ∩ principal', () => {
  test('what a rule grants is in force, and no more than was asked for', () => {
    const decision = decide({ required: ['fs:read:/p/docs/**'], grants: ['fs:read'] });
    expect(lacks(decision)).toEqual([]);
    expect(granted(decision)).toEqual(['fs:read:/p/docs/**']);
    expect(reads(decision, '/p/docs/a.md')).toBe(true);
    expect(reads(decision, '/p/src/a.ts')).toBe(false);
    expect(decision.effective.allows('fs', 'write', '/p/docs/a.md')).toBe(false);
  });

  test('nothing is in force that no rule grants', () => {
    const decision = decide({ required: ['fs:read:/p/**', 'proc:exec:git'], grants: ['fs:read:/p/docs/**', 'fs:write'] });
    expect(lacks(decision)).toEqual([
      ['fs:read:/p/**', 'policy'],
      ['proc:exec:git', 'policy'],
    ]);
    expect(granted(decision)).toEqual([]);
  });

  test('two grants do not add up to a wider one', () => {
    expect(lacks(decide({ required: ['fs:read:/p/**'], grants: ['fs:read:/p/a/**', 'fs:read:/p/b/**'] }))).toEqual([
      ['fs:read:/p/**', 'policy'],
    ]);
  });

  test.each(['restricted', 'standard'] as const)('the level %s excludes the network whatever grants it', (level) => {
    expect(lacks(decide({ required: ['net:connect:example.org:443'], grants: ['net:connect'], level }))).toEqual([
      ['net:connect:example.org:443', 'level'],
    ]);
  });

  test('elevated does not', () => {
    expect(lacks(decide({ required: ['net:connect:example.org:443'], grants: ['net:connect'], level: 'elevated' }))).toEqual([]);
  });

  test('a grant without secrets covers a tree, but not a secret-bearing file asked for by name', () => {
    const grants: Grant[] = [{ capability: cap('fs:read:/p/**'), source: 'built-in', exceptSecrets: true }];
    expect(lacks(decide({ required: ['fs:read:/p/.env'], grants }))).toEqual([['fs:read:/p/.env', 'secret']]);
    expect(lacks(decide({ required: ['fs:read:/p/.ssh/**'], grants }))).toEqual([['fs:read:/p/.ssh/**', 'secret']]);
    const tree = decide({ required: ['fs:read:/p/**'], grants });
    expect([reads(tree, '/p/a'), reads(tree, '/p/.env'), reads(tree, '/p/x/id_rsa'), reads(tree, '/p/.env.example')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(lacks(decide({ required: ['fs:read:/p/.env'], grants: [...grants, 'fs:read:/p/.env'] }))).toEqual([]);
  });

  test('a rule for other tools grants and denies nothing', () => {
    const rule = { capability: cap('fs:read:/p/**'), source: 'f:1' };
    expect(lacks(decide({ required: ['fs:read:/p/a'], grants: [{ ...rule, tools: ['other', 'files/*'] }] }))).toEqual([
      ['fs:read:/p/a', 'policy'],
    ]);
    for (const tools of [['report'], ['project/report'], ['project/*'], ['rep*'], ['x', 'report']]) {
      expect(lacks(decide({ required: ['fs:read:/p/a'], grants: [{ ...rule, tools }] }))).toEqual([]);
      expect(lacks(decide({ required: ['fs:read:/p/a'], grants: ['fs:read'], denials: [{ ...rule, tools }] }))).toEqual([
        ['fs:read:/p/a', 'denial'],
      ]);
    }
    expect(lacks(decide({ required: ['fs:read:/p/a'], grants: ['fs:read'], denials: [{ ...rule, tools: ['*/reporter'] }] }))).toEqual([]);
  });
});

describe('denials win', () => {
  test('over every grant, and say whose they are', () => {
    const { missing } = decide({
      required: ['proc:exec:git'],
      grants: ['proc:exec:git', 'proc:exec'],
      denials: [{ capability: cap('proc:exec:git'), source: 'config.yaml:7', reason: 'frozen' }],
    });
    expect(missing[0]?.lack).toEqual({ by: 'denial', source: 'config.yaml:7', reason: 'frozen' });
  });

  test('one that only touches a program, host or variable denies all of it', () => {
    expect(lacks(decide({ required: ['env:read:AWS_*'], grants: ['env:read'], denials: ['env:read:*_SECRET'] }))).toEqual([
      ['env:read:AWS_*', 'denial'],
    ]);
  });

  test('one within a tree is carved out of it, for use and for children', () => {
    const decision = decide({ required: ['fs:read:/p/**'], grants: ['fs:read:/p/**'], denials: ['fs:read:/p/private/**'] });
    expect([lacks(decision), reads(decision, '/p/a'), reads(decision, '/p/private/a'), reads(decision, '/p/private')]).toEqual([
      [],
      true,
      false,
      false,
    ]);
    const child = decide({ required: ['fs:read:/p/**'], grants: ['fs:read:/p/**'], principal: person.narrow('run:1', decision.effective) });
    expect([lacks(child), reads(child, '/p/a'), reads(child, '/p/private/a')]).toEqual([[], true, false]);
  });

  test('one of writing leaves reading alone', () => {
    expect(reads(decide({ required: ['fs:read:/p/**'], grants: ['fs:read'], denials: ['fs:write:/p/**'] }), '/p/a')).toBe(true);
  });
});

describe('what is to be asked for', () => {
  const need = 'proc:exec:git';
  const flag: Grant = { capability: cap(need), source: 'flag', consent: 'flag' };
  const answer: Grant = { capability: cap(need), source: 'asked', consent: 'answer' };

  test('is missing although a rule grants it, and says whose the rule is', () => {
    const { missing } = decide({ required: [need], grants: [need], asks: [{ capability: cap('proc:exec'), reason: 'pushes' }] });
    expect(missing[0]?.lack).toEqual({ by: 'ask', source: 'user.yaml:2', reason: 'pushes', isAdministrators: false });
  });

  test('what no rule grants is missing for that', () => {
    expect(lacks(decide({ required: [need], asks: [need] }))).toEqual([[need, 'policy']]);
  });

  test.each<[string, Grant[], boolean, boolean]>([
    ['a flag is enough', [flag], false, true],
    ['an answer is enough', [answer], false, true],
    ['a rule is not', [{ capability: cap(need), source: 'f:1' }], false, false],
    ['a flag is not for the administrator', [flag], true, false],
    ['an answer is', [answer], true, true],
    ['a flag for something else is not', [{ capability: cap(need), source: 'f:1' }, { ...flag, capability: cap('proc:exec:ls') }], false, false],
  ])('%s', (_, grants, isAdministrators, expected) => {
    expect(lacks(decide({ required: [need], grants, asks: [{ capability: cap(need), isAdministrators }] })).length === 0).toBe(expected);
  });

  test('what a parent was asked for holds for its children, but not against a rule that names the child', () => {
    const grants = [{ ...answer, source: INHERITED }];
    const capability = cap(need);
    expect(lacks(decide({ required: [need], grants, asks: [{ capability }] }))).toEqual([]);
    expect(lacks(decide({ required: [need], grants, asks: [{ capability, tools: ['report'] }] }))).toEqual([[need, 'ask']]);
  });

  test('a rule for part of a tree wants all of it asked; one beside it nothing', () => {
    const parts = { required: ['fs:read:/p/**'], grants: ['fs:read'] };
    expect(lacks(decide({ ...parts, asks: ['fs:read:/p/private/**'] }))).toEqual([['fs:read:/p/**', 'ask']]);
    expect(lacks(decide({ ...parts, asks: ['fs:read:/q/**', 'fs:write', { capability: cap('fs:read'), tools: ['other'] }] }))).toEqual([]);
  });

  test('an optional one falls away', () => {
    const decision = decide({ optional: [need], grants: [need], asks: [need] });
    expect([lacks(decision), decision.fallen.map(({ lack }) => lack.by), granted(decision)]).toEqual([[], ['ask'], []]);
  });

  test('a denial wins', () => {
    expect(lacks(decide({ required: [need], grants: [answer], asks: [need], denials: [need] }))).toEqual([[need, 'denial']]);
  });
});

describe('programs', () => {
  test('a denial of a name holds for a program of that name at any place', () => {
    const decision = decide({ required: ['proc:exec:/opt/bin/git'], grants: ['proc:exec'], denials: ['proc:exec:git'] });
    expect(lacks(decision)).toEqual([['proc:exec:/opt/bin/git', 'denial']]);
  });

  test('a rule against the file that a program really is, or its name, is one against the program', () => {
    const capability = cap('proc:exec:/p/tool');
    const more = { required: [capability], starts: [{ capability, real: () => cap('proc:exec:/usr/bin/git') }] };
    for (const denied of ['proc:exec:git', 'proc:exec:/usr/bin/git', 'proc:exec:/usr/bin/**']) {
      expect(lacks(decide({ grants: ['proc:exec'], denials: [denied], more }))).toEqual([['proc:exec:/p/tool', 'denial']]);
    }
    expect(lacks(decide({ grants: ['proc:exec'], denials: ['proc:exec:/usr/bin/gi'], more }))).toEqual([]);
  });

  test('one that starts what nothing can foresee is refused where a rule restricts programs, and nowhere else', () => {
    const opaque = (rules: Parts): unknown[] => {
      const capability = cap('proc:exec:sudo');
      const needs = { starts: [{ capability, real: () => undefined }], required: [capability], optional: [], opaque: { capability, reason: 'sudo decides' } };
      return lacks(decide({ ...rules, grants: ['proc:exec', { capability, source: 'asked', consent: 'answer' }], more: needs }));
    };
    expect(opaque({})).toEqual([]);
    expect(opaque({ denials: ['fs:read:/etc/**'] })).toEqual([]);
    expect(opaque({ denials: ['proc:exec:rm'] })).toEqual([['proc:exec:sudo', 'opaque']]);
    expect(opaque({ asks: ['proc:exec:rm'] })).toEqual([['proc:exec:sudo', 'opaque']]);
    expect(opaque({ denials: [{ capability: cap('proc:exec:rm'), source: 'f:1', tools: ['other'] }] })).toEqual([]);
  });
});

describe('a tool that needs somebody’s word for itself', () => {
  const consent = { capability: cap('tool:call:project/report'), effect: 'privileged', risk: 'high' };

  test.each<[string, (string | Grant)[], boolean]>([
    ['is missing it', ['fs:read'], false],
    ['has it by its name', ['tool:call:project/report'], true],
    ['has it by a flag', [{ capability: consent.capability, source: 'flag', consent: 'flag' }], true],
    ['does not have it by a pattern', ['tool:call:project/*'], false],
    ['does not have it by what covers everything', ['tool:call'], false],
  ])('%s', (_, grants, expected) => {
    const decision = decide({ grants, more: { consent } });
    expect(lacks(decision)).toEqual(expected ? [] : [['tool:call:project/report', 'effect']]);
    expect(granted(decision)).toEqual([]);
  });
});

test('a denial, and a rule that wants to be asked, hold for that word too', () => {
  const capability = cap('tool:call:project/deploy');
  const decideWith = (parts: Parts): unknown[] => lacks(decide({ grants: ['tool:call:project/deploy'], more: { consent: { capability, effect: 'privileged', risk: 'high' } }, ...parts }));
  expect(decideWith({})).toEqual([]);
  expect(decideWith({ denials: ['tool:call:project/*'] })).toEqual([['tool:call:project/deploy', 'denial']]);
  expect(decideWith({ asks: ['tool:call'] })).toEqual([['tool:call:project/deploy', 'ask']]);
  expect(decideWith({ asks: ['tool:call'], grants: [{ capability, source: 'flag', consent: 'flag' }] })).toEqual([]);
});

test('every need has its verdict, with what decided it', () => {
  const { verdicts } = decide({ required: ['fs:read:/p/a', 'proc:exec:git'], optional: ['env:read:CI'], grants: ['fs:read'], denials: ['proc:exec'] });
  expect(verdicts.map(({ capability, isOptional, granted: [first], lack }) => [printCapability(capability), isOptional, first?.source ?? lack?.by])).toEqual([
    ['fs:read:/p/a', false, 'test'],
    ['proc:exec:git', false, 'denial'],
    ['env:read:CI', true, 'policy'],
  ]);
});

describe('optional capabilities', () => {
  test('fall away without denying the run, and shrink to what is granted', () => {
    const decision = decide({
      required: ['fs:read:/p/a'],
      optional: ['env:read:CI', 'fs:read:/p/**', 'proc:exec:git', 'net:connect'],
      grants: ['fs:read:/p/a', 'fs:read:/p/docs/**', 'fs:read:/q/**'],
    });
    expect(lacks(decision)).toEqual([]);
    expect(granted(decision)).toEqual(['fs:read:/p/a', 'fs:read:/p/a', 'fs:read:/p/docs/**']);
    expect(decision.fallen.map(({ capability, lack }) => [printCapability(capability), lack.by])).toEqual([
      ['env:read:CI', 'policy'],
      ['proc:exec:git', 'policy'],
      ['net:connect', 'level'],
    ]);
  });
});

describe('a narrowed principal', () => {
  const SETS = [
    'fs:read',
    'fs:read:/p/**',
    'fs:read:/p/a/**',
    'fs:read:/p/*',
    'fs:read:/p/.env',
    'fs:read:/q/**',
    'proc:exec:git',
    'env:read',
  ];
  const PATHS = [...allStrings(['a', '/'], 3).map((tail) => `/p/${tail}`), '/p', '/p/.env', '/p/a/.env', '/q/x', '/etc'];
  const permission = fc.record({ capability: fc.constantFrom(...SETS).map(cap), source: fc.constant('x'), exceptSecrets: fc.boolean() });
  const set = fc
    .tuple(
      fc.array(permission, { maxLength: 4 }),
      fc.array(fc.constantFrom('fs:read:/p/a', 'fs:read:/p/a/**', 'fs:read:/q/**').map(cap), { maxLength: 2 }),
    )
    .map(([permissions, carvedOut]) => new EffectiveSet(permissions, carvedOut));

  test('lacks what its parent lacks, and names it', () => {
    const principal = person.narrow('run:parent', new EffectiveSet([{ capability: cap('fs:read:/p/docs/**'), source: 'x' }]));
    const { missing } = decide({ required: ['fs:read:/p/**'], grants: ['fs:read'], principal });
    expect(missing[0]?.lack).toEqual({ by: 'principal', subject: 'run:parent' });
    expect(lacks(decide({ required: ['fs:read:/p/docs/a'], grants: ['fs:read'], principal }))).toEqual([]);
    expect(principal.depth).toBe(1);
  });

  test('never may do what any set above it may not, whatever policy grants the child', () => {
    fc.assert(
      fc.property(fc.array(set, { minLength: 1, maxLength: 4 }), fc.subarray(SETS), fc.subarray(SETS), (chain, required, optional) => {
        const principal = chain.reduce((parent, each, at) => parent.narrow(`run:${at}`, each), person);
        const { effective } = decide({ required, optional, grants: ['fs:read', 'proc:exec', 'env:read'], principal });
        for (const path of PATHS) {
          if (effective.allows('fs', 'read', path))
            for (const above of chain) expect([path, above.allows('fs', 'read', path)]).toEqual([path, true]);
        }
        if (effective.allows('proc', 'exec', 'git')) for (const above of chain) expect(above.allows('proc', 'exec', 'git')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('only that module makes one', () => {
    expect(Reflect.ownKeys(person.narrow('run:1', new EffectiveSet([])))).toEqual(['subject', 'depth', 'bond', 'person', 'budgets']);
  });

  test('counts for the person at the top, and draws on every budget above it', () => {
    const none = new EffectiveSet([]);
    const leaf = person.narrow('run:1', none, '1').narrow('run:2', none).narrow('run:3', none, '3');
    expect([leaf.subject, leaf.person, leaf.budgets]).toEqual(['run:3', 'user:1000', ['1', '3']]);
  });

  test('of one who came with a token counts for the person who gave it', () => {
    const none = new EffectiveSet([]);
    const bearer = Principal.bearer('user:1000', none, { chain: ['a', 'b'], budgets: [], expiresAt: 0, check: () => undefined });
    expect(bearer.narrow('run:1', none)).toMatchObject({ person: 'user:1000', bond: bearer.bond });
  });
});
