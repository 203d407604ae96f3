import type { JsonSchema } from '@toka/sdk';

export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** What stands there. */
  readonly text: string;
  readonly kind: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly suggestion?: string;
  /** Set where this run has put it right. */
  readonly fixed?: true;
}

export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly fixed: number;
  readonly byKind: Readonly<Record<string, number>>;
}

/** From which severity on the run counts as failed. */
export type FailOn = 'error' | 'warning' | 'never';

/** Sorts findings by file, line, column. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].toSorted((a, b) => compare(a.path, b.path) || a.line - b.line || a.column - b.column || compare(a.kind, b.kind));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

export function summarise(findings: readonly Finding[]): Summary {
  const byKind: Record<string, number> = {};
  let errors = 0;
  let warnings = 0;
  let fixed = 0;
  for (const finding of findings) {
    byKind[finding.kind] = (byKind[finding.kind] ?? 0) + 1;
    if (finding.fixed === true) fixed++;
    else if (finding.severity === 'error') errors++;
    else warnings++;
  }
  return { errors, warnings, fixed, byKind };
}

/** Whether the run counts as passed: what was fixed doesn't count. */
export function passes(summary: Summary, failOn: FailOn): boolean {
  if (failOn === 'never') return true;
  return summary.errors === 0 && (failOn === 'error' || summary.warnings === 0);
}

/** `1 file`, `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** One sentence about a finished run. */
export function sentence(checked: string, summary: Summary, skipped: number): string {
  const parts = [`${checked}: ${count(summary.errors, 'error')}, ${count(summary.warnings, 'warning')}`];
  if (summary.fixed > 0) parts.push(`${summary.fixed} fixed`);
  if (skipped > 0) parts.push(`${count(skipped, 'file')} skipped`);
  return parts.join(', ');
}

const integer = { type: 'integer', minimum: 0 };

/** The part of the output schema that both checks of documents share. */
export const outputProperties: Readonly<Record<string, JsonSchema>> = {
  ok: { type: 'boolean' },
  code: { type: 'string' },
  message: { type: 'string' },
  files: integer,
  findings: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        path: { type: 'string' },
        line: { type: 'integer', minimum: 1 },
        column: { type: 'integer', minimum: 1 },
        text: { type: 'string' },
        kind: { type: 'string' },
        severity: { enum: ['error', 'warning'] },
        message: { type: 'string' },
        suggestion: { type: 'string' },
        fixed: { const: true },
      },
      required: ['path', 'line', 'column', 'text', 'kind', 'severity', 'message'],
      additionalProperties: false,
    },
  },
  summary: {
    type: 'object',
    properties: { errors: integer, warnings: integer, fixed: integer, byKind: { type: 'object', additionalProperties: integer } },
    required: ['errors', 'warnings', 'fixed', 'byKind'],
    additionalProperties: false,
  },
  fixes: {
    type: 'object',
    properties: { mode: { enum: ['none', 'preview', 'apply'] }, files: integer, edits: integer, diff: { type: 'string' } },
    required: ['mode', 'files', 'edits'],
    additionalProperties: false,
  },
  skipped: {
    type: 'array',
    items: {
      type: 'object',
      properties: { path: { type: 'string' }, reason: { enum: ['binary', 'too-complex', 'too-large', 'unreadable'] } },
      required: ['path', 'reason'],
      additionalProperties: false,
    },
  },
};

/** A line for each finding, as compilers print theirs, what a fix changes or would change, what was left out, and the sum. */
export function printReport({
  findings,
  fixes,
  skipped,
  message,
}: {
  readonly findings: readonly Finding[];
  readonly fixes: { readonly diff?: string };
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly message: string;
}): string {
  const lines = findings.map(({ path, line, column, severity, kind, message: text, suggestion, fixed }) => {
    const advice = fixed === true ? ' (fixed)' : suggestion === undefined ? '' : ` (suggested: ${suggestion})`;
    return `${path}:${line}:${column}: ${severity}: ${text}${advice} [${kind}]`;
  });
  const left = skipped.map(({ path, reason }) => `${path}: left out: ${reason}`);
  return `${[...lines, ...(fixes.diff === undefined ? [] : [fixes.diff.trimEnd()]), ...left, message].join('\n')}\n`;
}
