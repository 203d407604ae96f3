import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFacts } from '@toka/sdk';
import { expect, test } from 'vitest';
import { analyse } from '../../../src/journal/analysis/analyse.ts';
import { chooseAnalysers } from '../../../src/journal/analysis/analysers.ts';
import { factsOf } from '../../../src/journal/analysis/facts.ts';
import type { Journal } from '../../../src/journal/contract.ts';
import { thisProcess } from '../../../src/journal/process.ts';
import { FINISHED, makeFolder, makeJournal, nextId, OUTPUT, REQUESTED, STARTED } from '../fixtures.ts';

async function* told(...runs: readonly RunFacts[]): AsyncGenerator<RunFacts, void, undefined> {
  yield* runs;
}

async function everyFact(journal: Journal): Promise<RunFacts[]> {
  const facts: RunFacts[] = [];
  for await (const each of factsOf(journal, {})) facts.push(each);
  return facts;
}

const RUN: RunFacts = { id: 'a', tool: 'b', status: 'succeeded', principal: 'user', denied: [], requestedAt: 1, capabilities: [] };

/** A plugin with an analyser for each text, which stands for what its `start` returns. */
function plugin(analysers: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  mkdirSync(join(folder, 'dist'));
  const entries = Object.entries(analysers).map(([id, analysis]) => {
    writeFileSync(join(folder, 'dist', `${id}.cjs`), `module.exports = { default: { id: '${id}', start: () => (${analysis}) } };`);
    return { id, entry: `./dist/${id}.cjs`, summary: id, options: {} };
  });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'plugin-broken', toka: { contributes: { analysers: entries } } }));
  return join(folder, 'package.json');
}

test('an analyser that fails is told by its code, and the others go on', async () => {
  const nothing = '{ findings: [], tooFew: [] }';
  const file = plugin({
    'throws-at-start': '(() => { throw new Error("start") })()',
    'throws-nothing': '(() => { throw undefined })()',
    'throws-in-add': `{ add() { throw new Error("add") }, finish: () => (${nothing}) }`,
    'throws-at-the-end': '{ add() {}, finish() { throw { odd: true } } }',
    'answers-nothing': '{ add() {}, finish: () => undefined }',
    'throws-when-read': '{ add() {}, finish: () => ({ get findings() { throw new Error("read") } }) }',
    'answers-garbage': '{ add() {}, finish: () => ({ findings: [{ kind: "x", severity: "fatal" }], tooFew: [] }) }',
    'answers-nan': '{ add() {}, finish: () => ({ findings: [{ kind: "x", severity: "info", summary: "x", measured: { p: NaN }, tools: [], runs: [], from: 0, to: 0 }], tooFew: [] }) }',
    'has-no-methods': '{}',
    well: `{ add() {}, finish: () => (${nothing}) }`,
  });
  const { runs, analysed } = await analyse(chooseAnalysers([], [file]), {}, told(RUN));
  expect(runs).toBe(1);
  expect(analysed.map(({ id, error, result }) => [id, error?.code ?? 'well', result !== undefined])).toEqual([
    ...['throws-at-start', 'throws-nothing', 'throws-in-add', 'throws-at-the-end', 'answers-nothing', 'throws-when-read', 'answers-garbage', 'answers-nan', 'has-no-methods'].map((id) => [id, 'TOKA_ANALYSER_FAILED', false]),
    ['well', 'well', true],
  ]);
});

test('an analyser that cannot be loaded is told too, and listing loads none', async () => {
  const file = plugin({ lost: '1', other: '{ add() {}, finish: () => ({ findings: [], tooFew: [] }) }' });
  writeFileSync(join(file, '../dist/lost.cjs'), 'throw new Error("loaded")');
  const chosen = chooseAnalysers([], [file]);
  expect(chosen.map(({ id }) => id)).toEqual(['lost', 'other']);
  const { analysed } = await analyse(chosen, {}, told());
  expect(analysed.map(({ error }) => error?.code)).toEqual(['TOKA_RUNTIME_UNAVAILABLE', undefined]);
});

test('analysers are told what is recorded of each run, and nothing of its parameters and output', async () => {
  const { journal } = await makeJournal();
  const [parent, child, denied, waiting] = [nextId(), nextId(), nextId(), nextId()];
  await journal.append(parent, [{ ...REQUESTED, tool: 'project/check' }, STARTED], 0, undefined, [1000, 1001]);
  await journal.append(child, [{ ...REQUESTED, parent, params: { inline: { word: 'parameter' } } }, { ...STARTED, effective: ['fs:read:a', 'net:connect:b'] }, { ...OUTPUT, kept: { inline: 'written' } }, { ...FINISHED, status: 'failed', exitCode: 3, error: { code: 'TOKA_RUN_FAILED', message: 'no' }, usage: { wallMs: 5, outputBytes: 7, cpuMs: { value: 4, source: 'cgroup' }, traffic: { connections: 2, refused: 0, sent: 1, received: 1 } } }], 0, undefined, [1002, 1003, 1004, 1005]);
  await journal.append(denied, [{ ...REQUESTED, params: { inline: {} } }, { ...FINISHED, status: 'denied', exitCode: null, denied: [{ capability: 'fs:write:x', reason: 'none' }] }], 0, undefined, [1006, 1007]);
  await journal.append(parent, [FINISHED], 2, undefined, [1008]);
  await journal.append(waiting, [{ ...REQUESTED, process: { pid: process.pid } }], 0);
  const facts = await everyFact(journal);
  expect(facts.map(({ id }) => id)).toEqual([child, denied, parent]);
  expect(facts[0]).toEqual({
    id: child,
    tool: 'files/file-reader',
    status: 'failed',
    principal: 'user',
    error: { code: 'TOKA_RUN_FAILED', message: 'no' },
    exitCode: 3,
    denied: [],
    requestedAt: 1002,
    startedAt: 1003,
    finishedAt: 1005,
    wallMs: 5,
    outputBytes: 7,
    cpuMs: 4,
    connections: 2,
    capabilities: ['fs:read:a', 'net:connect:b'],
    parent: { id: parent, tool: 'project/check' },
    parametersDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(facts[1]).toMatchObject({ status: 'denied', denied: ['fs:write:x'] });
  expect(facts[1]).not.toHaveProperty('parametersDigest');
  expect(JSON.stringify(facts)).not.toMatch(/parameter"|written/);
});

test('a run whose process is gone is told as interrupted', async () => {
  const { journal } = await makeJournal();
  const run = nextId();
  await journal.append(run, [{ ...REQUESTED, process: { ...thisProcess(), start: 1 } }, STARTED], 0);
  expect(await everyFact(journal)).toMatchObject([{ id: run, status: 'interrupted' }]);
});
