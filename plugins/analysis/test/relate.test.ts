import type { RunFacts } from '@toka/sdk';
import { expect, test } from 'vitest';
import relate from '../src/relate.ts';
import { analyse, MINUTE, randomNumbers, run, START } from './support/runs.ts';

const found = (runs: readonly RunFacts[], options?: Readonly<Record<string, number>>): (readonly [string, readonly string[]])[] => analyse(relate, runs, options).findings.map(({ kind, tools }) => [kind, tools] as const);

/** Runs whose order is chance. */
function shuffled(seed: number, size: number, tools = 6): RunFacts[] {
  const random = randomNumbers(seed);
  return Array.from({ length: size }, (_, at) => run(at, { tool: `tools/${Math.floor(random() * tools)}` }));
}

test('a tool that starts another one is told of with how often', () => {
  const runs = Array.from({ length: 20 }, (_, at) => run(at, at % 2 === 0 ? { tool: 'tools/check' } : { tool: 'tools/lint', parent: { id: `run-${at - 1}`, tool: 'tools/check' } }));
  expect(analyse(relate, runs).findings).toMatchObject([{ kind: 'starts', summary: 'tools/check starts tools/lint', measured: { observed: 10 } }]);
});

test('a tool that follows another one is found, with its lift', () => {
  const runs = shuffled(1, 300).flatMap((each) => (each.tool === 'tools/0' ? [each, { ...each, id: `${each.id}-next`, tool: 'tools/deploy', requestedAt: each.requestedAt + MINUTE }] : [each]));
  const { findings } = analyse(relate, runs);
  expect(findings[0]).toMatchObject({ kind: 'follows', summary: 'tools/deploy follows tools/0 unusually often', severity: 'info' });
  const { observed = 0, expected = 0, lift, p } = findings[0]?.measured ?? {};
  expect([observed, lift]).toEqual([runs.filter(({ tool }) => tool === 'tools/deploy').length, observed / expected]);
  expect(p).toBeLessThan(1e-6);
});

test.each([6, 100])('where the order of %d tools is chance, findings are about as rare as alpha says', (tools) => {
  const histories = 200;
  const false_ = Array.from({ length: histories }, (_, seed) => found(shuffled(seed, 2 * tools + 200, tools), { minimumPairs: 1 })).filter(({ length }) => length > 0).length;
  expect(false_ / histories).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / histories));
});

test('what was seen a few times only is left out', () => {
  const runs = Array.from({ length: 80 }, (_, at) => run(at, { tool: at % 20 === 0 ? 'tools/build' : at % 20 === 1 ? 'tools/deploy' : 'tools/other' }));
  const deployed = (options: Readonly<Record<string, number>>) => found(runs, options).filter(([, tools]) => tools.includes('tools/build') && tools.includes('tools/deploy')).length;
  expect([deployed({}), deployed({ minimumPairs: 4 })]).toEqual([0, 1]);
});

test('runs that are far apart do not follow one another', () => {
  const runs = Array.from({ length: 100 }, (_, at) => run(at, { tool: `tools/${at % 2}`, requestedAt: START + at * 60 * MINUTE }));
  expect([found(runs), found(runs, { gapMinutes: 60 }).length]).toEqual([[], 2]);
});

test('tools that are run with the same parameters, or granted the same files, are found', () => {
  const random = randomNumbers(2);
  const runs = Array.from({ length: 400 }, (_, at) => {
    const thing = `${Math.floor(at / 2) % 100}`;
    const tool = `tools/${at % 2}`;
    return [run(at * 20, { tool, parametersDigest: thing, capabilities: [`fs:read:/data/${thing}`, 'fs:read:/etc/**'] }), run(at * 20 + 5, { tool: 'tools/other', parametersDigest: `x${Math.floor(random() * 300)}`, capabilities: [`fs:write:/other/${Math.floor(random() * 300)}`] })];
  }).flat();
  expect(new Map(found(runs))).toEqual(new Map([['same-files', ['tools/0', 'tools/1']], ['same-parameters', ['tools/0', 'tools/1']]]));
});
