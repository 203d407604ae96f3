import { readFileSync } from 'node:fs';
import { EXIT_CODES } from '../../dist/errors.js';
import { table } from './table.mjs';

const source = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8');
const codes = Object.entries(EXIT_CODES)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, exit]) => ({ code, exit, meaning: meaningOf(code) }));

/** It is told in the comment above the code. */
function meaningOf(code) {
  const meaning = new RegExp(`/\\*\\* (.*) \\*/\\n {2}${code}: `).exec(source)?.[1];
  if (meaning === undefined) throw new Error(`src/errors.ts does not say in a comment what ${code} means`);
  return meaning;
}

/** Every code under a heading of its own, so that each has an anchor. */
export function errorReference() {
  return codes.map(({ code, exit, meaning }) => `### ${code}\n\nExit code ${exit}. ${meaning}\n`).join('\n');
}

/** Which codes stand behind each exit code. */
export function exitCodes() {
  const exits = [...new Set(codes.map(({ exit }) => exit))].toSorted((a, b) => a - b);
  const link = (code) => `[${code}](errors.md#${code.toLowerCase()})`;
  return table(
    ['Exit code', 'Errors'],
    exits.map((exit) => [String(exit), codes.filter((each) => each.exit === exit).map(({ code }) => link(code)).join(', ')]),
  );
}
