import { searchChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';
import sentences from '../src/sentences.ts';

test.each(searchChecks)('$name', async ({ run }) => {
  await expect(run(sentences)).resolves.toBeUndefined();
});
