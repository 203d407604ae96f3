import { expect, test } from 'vitest';
import { files, text } from './support.ts';

const named = new Set([...text('docs/architecture.md').matchAll(/`(src\/[\w-]+)\/`/g)].map(([, folder = '']) => folder));
const existing = new Set(files('src').flatMap((file) => /^src\/[\w-]+(?=\/)/.exec(file)?.[0] ?? []));

test('every folder of src/ is named in the architecture', () => {
  expect([...existing].filter((folder) => !named.has(folder))).toEqual([]);
  expect(existing.size).toBeGreaterThan(5);
});

test('every folder of src/ that the architecture names exists', () => {
  expect([...named].filter((folder) => !existing.has(folder))).toEqual([]);
});

test('every decision has its number once, and the pages keep to one form', () => {
  const pages = files('docs/decisions').toSorted();
  expect(pages.map((page) => Number(/\/(\d{4})-/.exec(page)?.[1]))).toEqual(pages.map((_, at) => at + 1));
  for (const page of pages) {
    expect([...text(page).matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(['Context', 'Decision', 'Alternatives', 'Consequences']);
  }
});
