import { storageChecks } from '@toka/sdk/testing';
import { describe, test } from 'vitest';
import { memoryStorage } from '../../src/journal/memory.ts';

describe('the memory storage', () => {
  test.each(storageChecks)('$name', ({ run }) => run(async () => ({ open: (options) => memoryStorage.open({ location: '', ...options }) })));
});
