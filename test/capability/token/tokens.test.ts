import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printCapability } from '../../../src/capability/grammar.ts';
import { parseWindow } from '../../../src/capability/token/window.ts';
import { capabilities, codeOf, type Office, office, START, withBlock } from './support.ts';

const HOUR = 3_600_000;

let here: Office;
beforeEach(() => {
  here = office();
});
afterEach(() => here[Symbol.dispose]());

const verdict = (token: string, tokens = here.tokens): unknown => codeOf(() => tokens.verify(token));
const printed = (token: string): string[] => here.tokens.verify(token).capabilities.map(printCapability);

describe('a token', () => {
  test('says what it was made to say', () => {
    const { text, facts } = here.tokens.create({
      subject: String.raw`agent "50%" \é`,
      capabilities: capabilities(String.raw`fs:read:/p/a"b%\*/**`, 'proc:exec:git', 'env:read'),
      depth: 2,
      window: parseWindow('Mon-Fri 09:00-17:00 Europe/Berlin'),
      workspace: '/p',
      lifetime: 600,
    });
    expect(here.tokens.verify(text)).toEqual(facts);
    expect(facts).toMatchObject({ subject: String.raw`agent "50%" \é`, depth: 2, issued: START / 1000, expires: START / 1000 + 600, workspace: '/p', kid: here.keyring.active().kid });
    expect(facts.capabilities.map(printCapability)).toEqual([String.raw`fs:read:/p/a"b%\*/**`, 'proc:exec:git', 'env:read']);
  });

  test('holds for another process of the same user, and for no other user', () => {
    using other = office();
    const token = here.create();
    expect([verdict(token, here.again()), verdict(token, other.tokens)]).toEqual(['accepted', 'TOKA_TOKEN_KEY_UNKNOWN']);
  });

  test('has an id of its own, and is named by the ids of all that it was made from', () => {
    const parent = here.create();
    const child = here.tokens.attenuate(parent, {}).text;
    const [first, second] = [here.tokens.verify(parent).chain, here.tokens.verify(child).chain];
    expect(second.slice(0, 1)).toEqual(first);
    expect(second).toHaveLength(2);
    expect(here.tokens.attenuate(parent, {}).facts.chain[1]).not.toBe(second[1]);
  });
});

describe('narrowing', () => {
  test('takes away capabilities, time, hops and places, and nothing comes back', () => {
    const child = here.tokens.attenuate(here.create(), {
      capabilities: capabilities('fs:read:/p/docs/**'),
      expires: START / 1000 + 60,
      depth: 1,
      window: parseWindow('Wed 00:00-24:00 UTC'),
      workspace: '/p',
    });
    const grandchild = here.tokens.attenuate(child.text, {});
    expect(grandchild.facts).toMatchObject({ expires: START / 1000 + 60, depth: 0, workspace: '/p', windows: [{ zone: 'UTC' }] });
    expect(printed(grandchild.text)).toEqual(['fs:read:/p/docs/**']);
  });

  test('lowers each figure of the budget or adds one, and names the account of every token of the chain until that one ends', () => {
    const first = here.create({ budget: { calls: 10, bytes: 2 ** 40 } });
    const plain = here.tokens.attenuate(first, { expires: START / 1000 + 90 }).text;
    const { facts } = here.tokens.attenuate(plain, { budget: { calls: 10, wall: 1500, cpu: 60_000 }, expires: START / 1000 + 60 });
    expect(facts.budget).toEqual({ calls: 10, wall: 1500, cpu: 60_000, bytes: 2 ** 40 });
    expect(facts.budgets).toEqual([
      { token: facts.chain[0], budget: { calls: 10, bytes: 2 ** 40 }, until: START + HOUR + 5000 },
      { token: facts.chain[2], budget: { calls: 10, wall: 1500, cpu: 60_000 }, until: START + 65_000 },
    ]);
  });

  test('needs no key of the keyring', () => {
    const token = here.create();
    rmSync(here.folder, { recursive: true });
    using elsewhere = office();
    expect(elsewhere.tokens.attenuate(token, { capabilities: capabilities('proc:exec:git') }).facts.depth).toBe(3);
  });

  test('an end later than that of the token is its end', () => {
    expect(here.tokens.attenuate(here.create(), { expires: START }).facts.expires).toBe((START + HOUR) / 1000);
  });

  test.each([
    ['a wider scope', { capabilities: capabilities('fs:read:/**') }],
    ['another action', { capabilities: capabilities('fs:write:/p/**') }],
    ['no scope', { capabilities: capabilities('fs:read') }],
    ['another program', { capabilities: capabilities('proc:exec:git', 'proc:exec:sh') }],
    ['more hops', { depth: 4 }],
  ])('%s is refused when it is asked for', (_, restrictions) => {
    expect(codeOf(() => here.tokens.attenuate(here.create(), restrictions))).toBe('TOKA_TOKEN_WIDENS');
  });

  test('a workspace outside that of the token is refused', () => {
    expect(codeOf(() => here.tokens.attenuate(here.create({ workspace: '/p' }), { workspace: '/pq' }))).toBe('TOKA_TOKEN_WIDENS');
  });

  test('every hop counts, until no further one is allowed', () => {
    let token = here.create({ depth: 2 });
    for (const depth of [1, 0]) {
      const made = here.tokens.attenuate(token, {});
      expect(made.facts.depth).toBe(depth);
      token = made.text;
    }
    expect(codeOf(() => here.tokens.attenuate(token, {}))).toBe('TOKA_TOKEN_DELEGATION');
    expect(verdict(withBlock(token, 'expires(1);'))).toBe('TOKA_TOKEN_DELEGATION');
  });
});

describe('limits', () => {
  test('9 KiB are not even looked at', () => {
    expect(verdict(here.create().padEnd(9 * 1024, 'A'))).toBe('TOKA_TOKEN_OVERSIZED');
    expect(verdict('x'.repeat(9 * 1024))).toBe('TOKA_TOKEN_OVERSIZED');
  });

  test('no token is made that would be larger', () => {
    const many = Array.from({ length: 90 }, (_, at) => `fs:read:/p/${String(at).padStart(100, 'x')}`);
    expect(codeOf(() => here.create({ capabilities: capabilities(...many) }))).toBe('TOKA_TOKEN_OVERSIZED');
  });

  test('100 capabilities, not 101', () => {
    const many = (count: number) => capabilities(...Array.from({ length: count }, (_, at) => `env:read:${at}`));
    expect([codeOf(() => here.create({ capabilities: many(100) })), codeOf(() => here.create({ capabilities: many(101) }))]).toEqual(['accepted', 'TOKA_TOKEN_OVERSIZED']);
  });

  test('24 hours, not a second more', () => {
    expect([codeOf(() => here.create({ lifetime: 86_400 })), codeOf(() => here.create({ lifetime: 86_401 }))]).toEqual(['accepted', 'TOKA_TOKEN_OVERSIZED']);
  });

  test('16 hops, not 17', () => {
    let token = here.create({ depth: 16, capabilities: capabilities('env:read') });
    for (let hop = 0; hop < 16; hop++) token = here.tokens.attenuate(token, {}).text;
    expect(verdict(token)).toBe('accepted');
    expect(verdict(withBlock(token, 'depth(0);'))).toBe('TOKA_TOKEN_OVERSIZED');
    expect(codeOf(() => here.create({ depth: 17 }))).toBe('TOKA_TOKEN_OVERSIZED');
  });
});

describe('time', () => {
  test('holds until its end, give or take five seconds', () => {
    const token = here.create();
    const codes = [HOUR - 1, HOUR + 4999, HOUR + 5000, 30 * HOUR].map((later) => {
      here.clock.set(START + later);
      return verdict(token);
    });
    expect(codes).toEqual(['accepted', 'accepted', 'TOKA_TOKEN_EXPIRED', 'TOKA_TOKEN_EXPIRED']);
  });

  test('does not hold before it was made, give or take five seconds', () => {
    const token = here.create();
    const codes = [-5000, -5001, -HOUR].map((earlier) => {
      here.clock.set(START + earlier);
      return verdict(token);
    });
    expect(codes).toEqual(['accepted', 'TOKA_TOKEN_FUTURE', 'TOKA_TOKEN_FUTURE']);
  });

  test('a child ends with its parent at the latest', () => {
    const child = here.tokens.attenuate(here.create(), { expires: START / 1000 + 60 }).text;
    here.clock.advance(66_000);
    expect(verdict(child)).toBe('TOKA_TOKEN_EXPIRED');
  });

  test('every window of the chain has to be open', () => {
    const parent = here.create({ lifetime: 86_400, window: parseWindow('Wed 12:00-15:00 UTC') });
    const child = here.tokens.attenuate(parent, { window: parseWindow('Wed 15:00-18:00 Europe/Berlin') }).text;
    const codes = [0, HOUR, 4 * HOUR].map((later) => {
      here.clock.set(START + later);
      return [verdict(parent), verdict(child)];
    });
    expect(codes).toEqual([
      ['accepted', 'TOKA_TOKEN_WINDOW'],
      ['accepted', 'accepted'],
      ['TOKA_TOKEN_WINDOW', 'TOKA_TOKEN_WINDOW'],
    ]);
  });
});

test('a token for a workspace holds in it and below it, nowhere else', () => {
  const token = here.create({ workspace: '/p/site' });
  const codes = ['/p/site', '/p/site/docs', '/p', '/p/site2', '/'].map((folder) => verdict(token, here.again(folder)));
  expect(codes).toEqual(['accepted', 'accepted', 'TOKA_TOKEN_WORKSPACE', 'TOKA_TOKEN_WORKSPACE', 'TOKA_TOKEN_WORKSPACE']);
});

describe('a bearer', () => {
  test('is asked at each use: an end, a revocation and a clock that is set back count in the middle of a run', () => {
    const [ending, revoked, jumping] = [here.create(), here.create(), here.create()].map((token) => ({ token, principal: here.tokens.bearer(token) }));
    const state = (each: typeof ending) => codeOf(() => each?.principal.check());
    expect([state(ending), state(revoked), state(jumping)]).toEqual(['accepted', 'accepted', 'accepted']);
    here.tokens.revoke(revoked?.token ?? '');
    here.clock.advance(HOUR);
    expect([state(ending), state(revoked), state(jumping)]).toEqual(['accepted', 'TOKA_TOKEN_REVOKED', 'accepted']);
    here.clock.advance(-6000);
    expect(state(jumping)).toBe('TOKA_TOKEN_FUTURE');
    here.clock.advance(2 * HOUR);
    expect(state(ending)).toBe('TOKA_TOKEN_EXPIRED');
  });

  test('hands its bond on to every child, which may do no more', () => {
    const token = here.create();
    const bearer = here.tokens.bearer(token);
    const child = bearer.narrow('run:1', { covering: () => undefined, carvedOut: [] } as never);
    expect(child.bond).toBe(bearer.bond);
    expect(bearer.permits({ domain: 'fs', action: 'read', scope: '/p/a' })).toEqual({ exceptSecrets: false });
    expect([bearer.permits({ domain: 'fs', action: 'read', scope: '/q' }), bearer.permits({ domain: 'net', action: 'connect' })]).toEqual([undefined, undefined]);
    here.tokens.revoke(token);
    expect(codeOf(() => child.check())).toBe('TOKA_TOKEN_REVOKED');
  });
});
