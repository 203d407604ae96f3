import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorize, type Decision, type Denial, type Grant, type Question } from '../../src/capability/authorize.ts';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability as cap, printCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';
import { allStrings } from './arbitraries.ts';

const person = Principal.person('user:1000');

interface Parts {
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  readonly grants?: readonly (string | Grant)[];
  readonly denials?: readonly (string | Denial)[];
  readonly level?: Question['level'];
  readonly principal?: Principal;
}

function decide({ required = [], optional = [], grants = [], denials = [], level = 'restricted', principal = person }: Parts): Decision {
  return authorize({
    needs: { required: required.map(cap), optional: optional.map(cap) },
    level,
    policy: {
      grants: grants.map((each) => (typeof each === 'string' ? { capability: cap(each), source: 'test' } : each)),
      denials: denials.map((each) => (typeof each === 'string' ? { capability: cap(each), source: 'admin.yaml:3' } : each)),
    },
    principal,
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
    expect(Reflect.ownKeys(person.narrow('run:1', new EffectiveSet([])))).toEqual(['subject', 'depth', 'person', 'budgets']);
  });

  test('counts for the person at the top, and draws on every budget above it', () => {
    const none = new EffectiveSet([]);
    const leaf = person.narrow('run:1', none, '1').narrow('run:2', none).narrow('run:3', none, '3');
    expect([leaf.subject, leaf.person, leaf.budgets]).toEqual(['run:3', 'user:1000', ['1', '3']]);
  });
});
