import { storageChecks } from '@toka/sdk/testing';
import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../src/journal/memory.ts';

describe('the memory storage', () => {
  test.each(storageChecks)('$name', async ({ run }) => {
    await expect(run(async () => ({ open: (options) => memoryStorage.open({ location: '', ...options }) }))).resolves.toBeUndefined();
  });
});
