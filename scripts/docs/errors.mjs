import { ERRORS } from '../../dist/errors.js';
import { table } from './table.mjs';

const codes = Object.entries(ERRORS).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Every code under a heading of its own, so that each has an anchor. */
export function errorReference() {
  return codes.map(([code, { exit, meaning }]) => `### ${code}\n\nExit code ${exit}. ${meaning}\n`).join('\n');
}

/** Which codes stand behind each exit code. */
export function exitCodes() {
  const exits = [...new Set(codes.map(([, { exit }]) => exit))].toSorted((a, b) => a - b);
  const link = (code) => `[${code}](errors.md#${code.toLowerCase()})`;
  return table(
    ['Exit code', 'Errors'],
    exits.map((exit) => [String(exit), codes.filter(([, error]) => error.exit === exit).map(([code]) => link(code)).join(', ')]),
  );
}
