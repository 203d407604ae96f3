import type { RunFacts } from '@toka/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import anomalies from '../src/anomalies.ts';
import { analyse, MINUTE, normal, randomNumbers, run, START } from './support/runs.ts';

const kinds = (runs: readonly RunFacts[], options?: Readonly<Record<string, number>>): string[] => analyse(anomalies, runs, options).findings.map(({ kind }) => kind);

/** Runs of some tools in which nothing depends on anything: each with its own rate of failures and its own spread of durations. */
function ordinary(seed: number, size: number): RunFacts[] {
  const random = randomNumbers(seed);
  const tools = Array.from({ length: 4 }, (_, at) => ({ tool: `tools/${at}`, rate: random() * 0.3, middle: 3 + 6 * random(), spread: 0.2 + random() }));
  return Array.from({ length: size }, (_, at) => {
    const { tool, rate, middle, spread } = tools[Math.floor(random() * tools.length)] ?? { tool: '', rate: 0, middle: 0, spread: 0 };
    return run(at, { tool, status: random() < rate ? 'failed' : 'succeeded', wallMs: Math.round(Math.exp(middle + spread * normal(random))) });
  });
}

describe('where nothing is unusual', () => {
  // With no anomaly at all every finding is false, so that the rate of false ones is the share of histories with any.
  test.each([100, 400])('in histories of %d runs findings are about as rare as alpha says', (size) => {
    const histories = 300;
    for (const alpha of [0.05, 0.2]) {
      const found = Array.from({ length: histories }, (_, seed) => kinds(ordinary(seed, size), { alpha })).filter(({ length }) => length > 0).length;
      // Three standard deviations above what is promised.
      expect(found / histories).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / histories));
    }
  });

  test('a tool that always fails has no burst', () => {
    expect(kinds(Array.from({ length: 100 }, (_, at) => run(at, { status: 'failed' })))).toEqual([]);
  });

  test('a single failure is no burst', () => {
    expect(kinds(Array.from({ length: 100 }, (_, at) => run(at, { status: at === 50 ? 'failed' : 'succeeded' })))).toEqual([]);
  });

  test('failures that stand alone, each in a span with few runs, are no bursts, whatever is found in durations', () => {
    const random = randomNumbers(1);
    const runs = Array.from({ length: 1000 }, (_, at) => run(at * 12, { status: at % 200 === 100 ? 'failed' : 'succeeded', wallMs: Math.round((random() < 0.2 ? 100_000 : 1000) * Math.exp(0.1 * normal(random))) }));
    const found = kinds(runs);
    expect([found.includes('slow'), found.includes('failure-burst')]).toEqual([true, false]);
  });

  test('durations that differ by a millisecond are not unusual', () => {
    expect(kinds(Array.from({ length: 100 }, (_, at) => run(at, { wallMs: at === 50 ? 11 : 10 })))).toEqual([]);
  });
});

describe('what was planted is found', () => {
  test('a burst of failures, in any history, with what was measured', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 6, max: 300 }), (seed, at) => {
        const from = at - (at % 12);
        const runs = ordinary(seed, 400).map((each, index) => (index >= from && index < from + 12 ? { ...each, tool: 'tools/9', status: 'failed' as const } : { ...each, ...(index % 3 === 0 && { tool: 'tools/9', status: 'succeeded' as const, wallMs: 100 }) }));
        const { findings } = analyse(anomalies, runs);
        const burst = findings.find(({ kind, tools }) => kind === 'failure-burst' && tools.includes('tools/9'));
        expect(burst?.measured).toMatchObject({ observed: 12, failures: 12, runsInSpan: 12 });
        expect([burst?.from, burst?.to]).toEqual([START + from * 5 * MINUTE, START + (from + 11) * 5 * MINUTE]);
      }),
      { numRuns: 30 },
    );
  });

  test('one burst over several spans of time is told of once', () => {
    const runs = Array.from({ length: 400 }, (_, at) => run(at, { status: at >= 120 && at < 156 ? 'failed' : 'succeeded' }));
    const { findings } = analyse(anomalies, runs);
    expect(findings).toMatchObject([{ kind: 'failure-burst', from: START + 120 * 5 * MINUTE, to: START + 155 * 5 * MINUTE }]);
    expect(findings[0]?.series?.reduce((sum, count) => sum + count, 0)).toBe(36);
  });

  test('runs that took much longer or shorter than the others of their tool', () => {
    const random = randomNumbers(1);
    const runs = Array.from({ length: 200 }, (_, at) => run(at, { wallMs: Math.round(1000 * Math.exp(0.1 * normal(random))) })).map((each, at) => ({ ...each, ...(at === 70 && { wallMs: 60_000 }), ...(at === 90 && { wallMs: 5 }) }));
    expect(analyse(anomalies, runs, { alpha: 0.001 }).findings.map(({ kind, runs: ids }) => [kind, ids])).toEqual([['slow', ['run-000070']], ['fast', ['run-000090']]]);
  });

  test('a longer run of a tool that otherwise always takes the same time', () => {
    expect(kinds(Array.from({ length: 100 }, (_, at) => run(at, { wallMs: at === 50 ? 1000 : 10 })))).toEqual(['slow']);
  });

  test('what is usual for one tool is unusual for another', () => {
    const runs = Array.from({ length: 200 }, (_, at) => run(at, at % 2 === 0 ? { tool: 'tools/quick', wallMs: at === 100 ? 60_000 : 10 + (at % 3) } : { tool: 'tools/slow', wallMs: 60_000 + at }));
    expect(analyse(anomalies, runs).findings.map(({ kind, tools }) => [kind, tools])).toEqual([['slow', ['tools/quick']]]);
  });

  test('a capability that the tool never had before', () => {
    const runs = Array.from({ length: 100 }, (_, at) => run(at, at < 90 ? {} : { capabilities: ['fs:read:**', 'net:connect:example.com'] }));
    const { findings } = analyse(anomalies, runs);
    expect(findings).toMatchObject([{ kind: 'new-capability', measured: { observed: 10, runsBefore: 89, n: 100 }, tools: ['project/lint'] }]);
    expect(findings[0]?.summary).toContain('net:connect:example.com');
    // The rule of three.
    expect(findings[0]?.measured['bound']).toBeCloseTo(3 / 89, 2);
  });
});

test('a capability is new only after so many runs that alpha bounds its share', () => {
  const first = (at: number): RunFacts[] => Array.from({ length: at + 1 }, (_, each) => run(each, each < at ? {} : { capabilities: ['fs:read:**', 'net:connect:example.com'] }));
  // ln 0.05 / ln 0.95 = 58.4: the first run brings the first capability, and 59 have to follow it.
  expect([kinds(first(59)), kinds(first(60))]).toEqual([[], ['new-capability']]);
});

test('a tool whose capabilities name what it is asked for is not found to be unusual', () => {
  expect(kinds(Array.from({ length: 200 }, (_, at) => run(at, { capabilities: [`fs:read:file-${at}`] })))).toEqual([]);
});

test('of a tool with few runs it is said that they are too few', () => {
  const runs = Array.from({ length: 19 }, (_, at) => run(at, { status: at === 3 ? 'failed' : 'succeeded' }));
  expect(analyse(anomalies, runs)).toEqual({
    findings: [],
    tooFew: [
      { tool: 'project/lint', kind: 'failure-burst', n: 19, needed: 20 },
      { tool: 'project/lint', kind: 'duration', n: 18, needed: 20 },
    ],
  });
});

test('runs that were denied or cancelled are no failures of the tool', () => {
  expect(kinds(Array.from({ length: 100 }, (_, at) => run(at, { status: at >= 48 && at < 60 ? (at % 2 === 0 ? 'denied' : 'cancelled') : 'succeeded' })))).toEqual([]);
});

test('the order in which runs are told changes nothing', () => {
  const runs = ordinary(3, 300).map((each, at) => ({ ...each, ...(at > 144 && at < 160 && { tool: 'tools/1', status: 'failed' as const }), ...(at === 200 && { wallMs: 1_000_000 }) }));
  const expected = analyse(anomalies, runs);
  expect(expected.findings.length).toBeGreaterThan(0);
  for (let seed = 0; seed < 20; seed++) {
    const random = randomNumbers(seed);
    const places = new Map(runs.map(({ id }) => [id, random()]));
    expect(analyse(anomalies, runs.toSorted((one, other) => (places.get(one.id) ?? 0) - (places.get(other.id) ?? 0)))).toEqual(expected);
  }
});
