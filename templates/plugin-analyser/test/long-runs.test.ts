import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyserChecks } from '@toka/sdk/testing';
import longRuns from '../dist/long-runs.js';

for (const { name, run } of analyserChecks) test(name, () => run(longRuns));

test('runs that take longer than they should are found', () => {
  const analysis = longRuns.start({ seconds: 2 });
  for (const wallMs of [5000, 1000, 3000]) analysis.add({ id: `run-${wallMs}`, tool: 'tools/build', status: 'succeeded', principal: 'user', denied: [], requestedAt: 0, capabilities: [], wallMs });
  const [found, ...others] = analysis.finish().findings;
  assert.deepEqual([found?.measured, found?.runs, others], [{ observed: 2, longestMs: 5000 }, ['run-3000', 'run-5000'], []]);
});
