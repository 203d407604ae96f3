import { describe, expect, test } from 'vitest';
import { authorize, type Decision } from '../../src/capability/authorize.ts';
import { EffectiveSet } from '../../src/capability/effective.ts';
import { parseCapability as cap, printCapability } from '../../src/capability/grammar.ts';
import { Principal } from '../../src/capability/principal.ts';

const called = cap('tool:call:project/report');

/** What is decided on a call of project/report by a run with these capabilities, under rules that grant all calls. */
function decide(has: readonly string[], denied: readonly string[] = []): Decision {
  const set = new EffectiveSet(has.map((each) => ({ capability: cap(each), source: 'test' })));
  return authorize({
    needs: { starts: [], required: [], optional: [], called },
    level: 'restricted',
    policy: { grants: [{ capability: cap('tool:call'), source: 'test' }], asks: [], denials: denied.map((each) => ({ capability: cap(each), source: 'admin.yaml:3' })) },
    principal: Principal.person('user:1000').narrow('run:1', set),
    hidden: [],
    toolNames: ['report', 'project/report'],
  });
}

const lacks = ({ missing }: Decision): unknown[] => missing.map(({ capability, lack }) => [printCapability(capability), lack.by]);

describe('a run that calls a tool', () => {
  test.each([
    ['the call of another tool', ['tool:call:project/other'], [['tool:call:project/report', 'principal']]],
    ['no call', [], [['tool:call:project/report', 'principal']]],
    ['just this call', ['tool:call:project/report'], []],
    ['calls of a kind', ['tool:call:project/*'], []],
  ])('that has %s', (_what, has, missing) => {
    expect(lacks(decide(has))).toEqual(missing);
  });

  test('may not where a rule denies the call', () => {
    expect(lacks(decide(['tool:call'], ['tool:call:project/report']))).toEqual([['tool:call:project/report', 'denial']]);
  });

  test('has nothing in force by it', () => {
    expect(decide(['tool:call']).effective.print()).toEqual([]);
  });
});
