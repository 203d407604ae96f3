import { analyserChecks } from '@toka/sdk/testing';
import { describe, expect, test } from 'vitest';
import anomalies from '../src/anomalies.ts';
import classify from '../src/classify.ts';
import relate from '../src/relate.ts';

describe.each([anomalies, classify, relate])('the analyser $id', (analyser) => {
  test.each(analyserChecks)('$name', async ({ run }) => {
    await expect(run(analyser)).resolves.toBeUndefined();
  });
});
