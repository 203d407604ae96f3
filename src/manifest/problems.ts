import { isAbsolute, relative } from 'node:path';
import { printPlace, TokaError, type ErrorCode } from '../errors.ts';
import { printPath, type Issue, type Position, type Problem } from './issue.ts';

/** So many problems are listed; the rest are counted. */
const MAX_PROBLEMS = 50;

/** Gives an issue its position and its sentence. */
export function toProblem(issue: Issue, position?: Position): Problem {
  const path = printPath(issue.path);
  const { code, expected, found, suggestion } = issue;
  return {
    path,
    ...position,
    code,
    message: sentence(path, issue),
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

const LEADS: Partial<Record<Issue['code'], string>> = {
  alias: 'aliases are not supported',
  'missing-key': 'missing',
  'several-documents': 'more than one document',
  syntax: 'not understood',
  'unknown-key': 'unknown key',
};

function sentence(path: string, { code, expected, found, suggestion }: Issue): string {
  const lead = LEADS[code];
  const parts = [
    ...(lead === undefined ? [] : [lead]),
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
    ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
  ];
  return `${path === '' ? '' : `${path}: `}${parts.join('; ')}`;
}

/**
 * Makes the error for all problems of one file, sorted by place.
 *
 * @param code Which file it is: `TOKA_MANIFEST_INVALID`, `TOKA_CONFIG_INVALID` or `TOKA_LOCK_INVALID`.
 * @param file Its path; shown relative to the working directory where it lies below it.
 * @param problems At least one; at most 50 are listed, `data.more` counts the others.
 * @returns The error with `where` = the first place and `data.problems` = the listed problems.
 */
export function problemsError(code: ErrorCode, file: string, problems: readonly Problem[]): TokaError {
  const shown = displayPath(file);
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const listed = sorted.slice(0, MAX_PROBLEMS);
  const more = sorted.length - listed.length;
  const lines = listed.map((problem) => `${printPlace(placeOf(shown, problem))}: ${problem.message}`);
  if (more > 0) lines.push(`… and ${more} more`);
  const message = lines.length === 1 ? lines[0]! : `${sorted.length} problems in ${shown}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new TokaError(code, message, {
    where: placeOf(shown, listed[0] ?? {}),
    hint:
      code === 'TOKA_LOCK_INVALID'
        ? 'correct the file, or remove it and write it anew with toka lock'
        : 'correct the file at the places named; manifests/schema/ holds the schemas for editors',
    data: { problems: listed, ...(more > 0 ? { more } : {}) },
  });
}

/** The path relative to the working directory where the file lies below it, the path as given elsewhere. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path;
}

function placeOf(file: string, { line, column }: { readonly line?: number; readonly column?: number }) {
  return { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
}
