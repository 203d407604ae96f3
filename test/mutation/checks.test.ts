import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faults } from './checks.ts';

test('every check that npm run mutation removes still stands in its file', () => {
  expect(faults(join(import.meta.dirname, '../..'))).toEqual([]);
});
