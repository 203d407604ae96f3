import { expect, test } from 'vitest';
import { claimsOf, rateLimits, takeTurn } from '../../src/capability/limits.ts';
import type { OriginLimit } from '../../src/config/layers.ts';
import type { Ledger } from '../../src/journal/contract.ts';

const window = (runs: number, ms: number, rest: Partial<OriginLimit> = {}): OriginLimit => ({
  rate: { kind: 'window', runs, ms },
  file: '/p/toka.yaml',
  line: 3,
  ...rest,
});
const deploy = { name: 'deploy-site', qualified: 'project/deploy-site' };

/** A ledger that keeps what tests look at. */
function ledgerOf(entries = new Map<string, string>()): Ledger & { readonly entries: Map<string, string> } {
  return {
    entries,
    get: async (key) => entries.get(key),
    list: async (prefix) => [...entries].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value })),
    put: async (key, value) => void entries.set(key, value),
    remove: async (key) => void entries.delete(key),
    prune: async () => undefined,
  };
}

test('a limit holds for the tools that its globs name, by name and full name', () => {
  const limits = rateLimits([window(1, 1, { tools: ['deploy-*'] }), window(2, 1, { tools: ['project/*'] }), window(3, 1, { tools: ['other'] }), window(4, 1)]);
  expect(claimsOf(limits, deploy, 'user:1').map(({ limit }) => limit.rate.runs)).toEqual([1, 2, 4]);
});

test('a limit that two files say counts a run once', () => {
  expect(rateLimits([window(1, 1), window(1, 1, { file: '/other.yaml' }), window(1, 1, { each: 'tool' })])).toHaveLength(2);
});

test('each tool or each principal has a counter of its own', () => {
  const [all, tool, principal] = rateLimits([window(1, 1), window(1, 1, { each: 'tool' }), window(1, 1, { each: 'principal' })]);
  const keys = (name: string, person: string): string[] =>
    claimsOf([all, tool, principal].flatMap((each) => each ?? []), { name, qualified: name }, person).map(({ key }) => key);
  const [one, other] = [keys('a', 'user:1'), keys('b', 'user:2')];
  expect(one.map((key, at) => key === other[at])).toEqual([true, false, false]);
  expect(keys('a', 'user:2').map((key, at) => key === one[at])).toEqual([true, true, false]);
});

test('a run that one limit refuses counts at none', async () => {
  const ledger = ledgerOf();
  const claims = claimsOf(rateLimits([window(1, 1000), window(5, 9000)]), deploy, 'user:1');
  expect(await takeTurn(claims, ledger, 0)).toBeUndefined();
  const before = new Map(ledger.entries);
  expect(await takeTurn(claims, ledger, 400)).toMatchObject({ code: 'TOKA_RATE_LIMIT', exitCode: 75, data: { retryAfterMs: 600 } });
  expect(ledger.entries).toEqual(before);
});

test('of several refusals the one that lasts longest is told', async () => {
  const ledger = ledgerOf();
  const claims = claimsOf(rateLimits([window(1, 1000), window(1, 9000, { line: 7, reason: 'slow gate' })]), deploy, 'user:1');
  await takeTurn(claims, ledger, 0);
  const refusal = await takeTurn(claims, ledger, 500);
  expect(refusal?.data).toMatchObject({ retryAfterMs: 8500, limit: { source: '/p/toka.yaml:7' } });
  expect(refusal?.message).toContain('slow gate');
});

test('a counter of the future is set right in the commit that refuses', async () => {
  const ledger = ledgerOf();
  const claims = claimsOf(rateLimits([window(1, 1000)]), deploy, 'user:1');
  await takeTurn(claims, ledger, 5_000_000);
  expect((await takeTurn(claims, ledger, 0))?.data).toMatchObject({ retryAfterMs: 1000 });
  expect((await takeTurn(claims, ledger, 999))?.data).toMatchObject({ retryAfterMs: 1 });
  expect(await takeTurn(claims, ledger, 1000)).toBeUndefined();
});

test.each(['', 'null', '{}', '["a"]', '[1.5]', JSON.stringify(Array(2000).fill(1))])('a counter that reads %s is damage', async (text) => {
  const claims = claimsOf(rateLimits([window(1, 1000)]), deploy, 'user:1');
  const ledger = ledgerOf(new Map(claims.map(({ key }) => [key, text])));
  await expect(takeTurn(claims, ledger, 0)).rejects.toThrow(expect.objectContaining({ code: 'TOKA_INTEGRITY' }) as Error);
});
