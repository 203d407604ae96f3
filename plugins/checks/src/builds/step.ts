export const STEPS = ['install', 'lint', 'types', 'test', 'build'] as const;
export type StepName = (typeof STEPS)[number];

export const ECOSYSTEMS = ['npm', 'pnpm', 'yarn', 'cargo', 'go', 'python', 'make'] as const;
export type Ecosystem = (typeof ECOSYSTEMS)[number];

export type Argv = readonly [string, ...string[]];

/** What a check found out without starting a process. */
export interface Verdict {
  readonly agrees: boolean;
  readonly message: string;
}

/** How a step is carried out: by a process, by toka itself, or not at all, and why. */
export type Action =
  | { readonly kind: 'process'; readonly argv: Argv; readonly env?: Readonly<Record<string, string>> }
  | { readonly kind: 'built-in'; readonly description: string; check(): Promise<Verdict> }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly reason: string };

export interface PlannedStep {
  readonly ecosystem: Ecosystem;
  /** Absolute. */
  readonly folder: string;
  readonly step: StepName;
  readonly action: Action;
  /** Nobody in the project asked for it (a tool of the toolchain), so that its absence is no defect. */
  readonly optional?: boolean;
}

export type Status = 'planned' | 'passed' | 'failed' | 'skipped' | 'unavailable' | 'denied' | 'timed-out';

export interface Diagnostic {
  readonly path: string;
  readonly line: number;
  readonly column?: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

export interface StepResult {
  readonly ecosystem: Ecosystem;
  /** Relative to the caller's folder. */
  readonly folder: string;
  readonly step: StepName;
  readonly status: Status;
  readonly command?: string[];
  readonly exitCode?: number;
  readonly wallMs?: number;
  /** Why it is not simply passed or failed. */
  readonly reason?: string;
  /** The last lines of both streams. */
  readonly output?: string;
  readonly diagnostics?: Diagnostic[];
  readonly optional?: boolean;
}
