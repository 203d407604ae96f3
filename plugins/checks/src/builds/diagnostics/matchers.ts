import type { Diagnostic } from '../step.ts';

/** Looks at one line, and at those around it where the format needs that. */
export type Matcher = (lines: readonly string[], at: number) => Diagnostic | undefined;

type Severity = Diagnostic['severity'];

/** How far back the message of a stack frame is looked for. */
const NEAR = 40;

/** `src/a.ts(3,5): error TS2322: …` (tsc without colours). */
const typescript: Matcher = (lines, at) => {
  const [, path, line, column, severity, message] =
    /^(\S.*?)\((\d+),(\d+)\): (error|warning|info) (TS\d+: .+)$/.exec(lines[at] ?? '') ?? [];
  return make(path, line, column, severity, message);
};

/** `src/a.ts:3:5 - error TS2322: …` (tsc for people). */
const typescriptPretty: Matcher = (lines, at) => {
  const [, path, line, column, severity, message] = /^(\S.*?):(\d+):(\d+) - (error|warning|info) (TS\d+: .+)$/.exec(lines[at] ?? '') ?? [];
  return make(path, line, column, severity, message);
};

/** A path on a line of its own, below it `  3:5  error  message  rule` (eslint stylish). */
const stylish: Matcher = (lines, at) => {
  const [, line, column, severity, message] = /^\s+(\d+):(\d+)\s+(error|warning)\s+(\S.*)$/.exec(lines[at] ?? '') ?? [];
  if (line === undefined) return undefined;
  const path = before(lines, at, (each) => /^\S/.test(each) || each === '');
  return path === undefined || path === '' ? undefined : make(path.trim(), line, column, severity, message?.replaceAll(/\s{2,}/g, ' · '));
};

/** A message, below it ` --> src/a.rs:3:5` (rustc, ruff) or ` ,-[src/a.js:3:5]` (oxlint). */
const arrow: Matcher = (lines, at) => {
  const [, path, line, column] = /^\s*(?:-->|,-\[|╭─\[)\s*(.+?):(\d+):(\d+)\]?\s*$/.exec(lines[at] ?? '') ?? [];
  if (path === undefined) return undefined;
  const head = before(lines, at, () => true)?.trim() ?? '';
  const severity = /^(warning|!|⚠)/.test(head) ? 'warning' : /^(note|help)/.test(head) ? 'info' : 'error';
  return make(
    path,
    line,
    column,
    severity,
    head
      .replace(/^(?:error|warning|note|help)(?=[:[])|^[!x×⚠]\s+/u, '')
      .replace(/^\[(\w+)\](?=:)/, '$1')
      .replace(/^:\s*/, ''),
  );
};

/** `thread 'x' panicked at src/a.rs:3:5:`, the message below. */
const rustPanic: Matcher = (lines, at) => {
  const [, path, line, column] = /^thread '.*?'(?: \(\d+\))? panicked at (.+?):(\d+):(\d+):$/.exec(lines[at] ?? '') ?? [];
  return make(path, line, column, 'error', lines[at + 1]);
};

/** `tests/test_a.py:3: AssertionError` or `…: in test_x`, the message on the nearest line that starts with `E`. */
const pytest: Matcher = (lines, at) => {
  const [, path, line, what = ''] =
    /^(\S+\.py):(\d+): (in \S+|[\w.]*(?:Error|Exception|Exit|Failed|Warning|Interrupt)[\w.]*)$/.exec(lines[at] ?? '') ?? [];
  if (path === undefined) return undefined;
  const isIn = what.startsWith('in ');
  const message = isIn ? after(lines, at, /^E\s+(.+)$/, /^\S+\.py:\d+: |^_{3,}|^={3,}/) : firstOfBlock(lines, at);
  if (message === undefined && isIn) return undefined;
  return make(path, line, undefined, 'error', message ?? what);
};

/** The last frame of a Python traceback and the exception below it. */
const pythonTraceback: Matcher = (lines, at) => {
  const text = lines[at] ?? '';
  if (!/^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning|Iteration)(:.*)?$/.test(text)) return undefined;
  const frame = before(lines, at, (each) => /^\s*File "/.test(each) || /^\S/.test(each));
  const [, path, line] = /^\s*File "(.+)", line (\d+)/.exec(frame ?? '') ?? [];
  return make(path, line, undefined, 'error', text);
};

/** The first frame of the project's own below a JavaScript error: ` ❯ a.test.ts:3:5` (vitest), `at f (file:///a.js:3:5)` (node, jest). */
const javascriptFrame: Matcher = (lines, at) => {
  const frame = frameOf(lines[at]);
  if (frame === undefined) return undefined;
  for (let back = at - 1; back >= Math.max(0, at - NEAR); back--) {
    const earlier = frameOf(lines[back]);
    if (earlier !== undefined && isOwn(earlier.path)) return undefined;
    const message = /^\s*(?:Uncaught )?((?:\w*Error|\w*Exception)\b.*)$/.exec(lines[back] ?? '')?.[1];
    if (message !== undefined) return isOwn(frame.path) ? make(frame.path, frame.line, frame.column, 'error', message) : undefined;
  }
  return undefined;
};

/** `path:line:column: severity: message` and its shorter kin (gcc, clang, go, mypy, cargo short, the unix format of linters). */
const colons: Matcher = (lines, at) => {
  const [, path, line, column, rest = ''] =
    /^\s*(?:vet: )?((?:[A-Za-z]:)?[^\s:()'"<>|,]+\.[A-Za-z]\w{0,9}):(\d+)(?::(\d+))?:\s+(\S.*)$/.exec(lines[at] ?? '') ?? [];
  if (path === undefined || /^\w+:\/\//.test(path)) return undefined;
  const [, word, code = '', message = rest] = /^(fatal error|error|warning|note|info|help)(\[\w+\])?:\s*(.+)$/i.exec(rest) ?? [];
  const unix = /\[(Error|Warning)\/[^\]]*\]$/.exec(rest)?.[1];
  const severity = (word ?? unix)?.toLowerCase() ?? 'error';
  if (severity === 'note' || severity === 'help') return undefined;
  return make(path, line, column, severity, code === '' ? message : `${code.slice(1, -1)}: ${message}`);
};

/** In the order in which they are tried; the first that fits a line has it. */
export const matchers: readonly Matcher[] = [
  typescript,
  typescriptPretty,
  stylish,
  arrow,
  rustPanic,
  pytest,
  pythonTraceback,
  javascriptFrame,
  colons,
];

function make(
  path: string | undefined,
  line: string | undefined,
  column: string | undefined,
  word: string | undefined,
  message: string | undefined,
): Diagnostic | undefined {
  if (path === undefined || line === undefined || message === undefined || message.trim() === '') return undefined;
  const severity: Severity = word === 'warning' || word === 'info' ? word : 'error';
  return { path, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }), severity, message: message.trim() };
}

/** The nearest line above for which the test holds. */
function before(lines: readonly string[], at: number, test: (line: string) => boolean): string | undefined {
  for (let back = at - 1; back >= Math.max(0, at - NEAR); back--) if (test(lines[back] ?? '')) return lines[back];
  return undefined;
}

function after(lines: readonly string[], at: number, wanted: RegExp, end: RegExp): string | undefined {
  for (const line of lines.slice(at + 1, at + NEAR)) {
    if (end.test(line)) return undefined;
    const found = wanted.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first of the lines starting with `E` above, which is the one that tells most. */
function firstOfBlock(lines: readonly string[], at: number): string | undefined {
  let found: string | undefined;
  for (let back = at - 1; back >= Math.max(0, at - NEAR) && !/^[_=]{3,}/.test(lines[back] ?? ''); back--) {
    found = /^E\s+(.+)$/.exec(lines[back] ?? '')?.[1] ?? found;
  }
  return found;
}

function frameOf(text: string | undefined): { path: string; line: string; column: string } | undefined {
  const [, path, line, column] =
    /^\s*(?:❯ (?:.* )?|at (?:.* \()?)(?:file:\/\/)?((?:[A-Za-z]:)?[^\s:()]+):(\d+):(\d+)\)?(?: \{)?$/.exec(text ?? '') ?? [];
  return path === undefined || line === undefined || column === undefined ? undefined : { path, line, column };
}

function isOwn(path: string): boolean {
  return !path.startsWith('node:') && path !== 'node' && !path.includes('node_modules/') && !path.startsWith('internal/');
}
