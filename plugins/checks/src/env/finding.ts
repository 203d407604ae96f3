export type Severity = 'error' | 'warning' | 'info';

export type Kind =
  | 'bom'
  | 'colon'
  | 'crlf'
  | 'duplicate'
  | 'empty'
  | 'encoding'
  | 'export'
  | 'extra'
  | 'hash-cut'
  | 'interpolation'
  | 'missing'
  | 'name'
  | 'next-line'
  | 'no-example'
  | 'not-ignored'
  | 'permissions'
  | 'placeholder'
  | 'possible-secret'
  | 'secret'
  | 'space-around-equals'
  | 'swallowed-lines'
  | 'syntax'
  | 'text-after-quote'
  | 'type'
  | 'undefined-reference'
  | 'unquoted-space'
  | 'unterminated-quote';

/** One thing found in one file. Lines and columns count from 1; both are absent where a finding concerns the file as a whole. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly kind: Kind;
  readonly severity: Severity;
  /** The variable, unless its name looks like a secret itself. */
  readonly key?: string;
  readonly message: string;
}

/** A finding before its file is known. */
export type Note = Omit<Finding, 'path'>;

const RANK: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/** Whether a finding of this severity fails a check that fails from `failOn` on. */
export function fails(severity: Severity, failOn: Severity | 'never'): boolean {
  return failOn !== 'never' && RANK[severity] <= RANK[failOn];
}

export function countFindings(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
