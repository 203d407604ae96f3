import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A project in a temporary folder, removed when the test has finished. */
export function project(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const root = mkdtempSync(path.join(tmpdir(), 'toka-checks-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

export interface Fixture {
  readonly name: string;
  /** `file:line:column severity kind`, and the suggestion where there is one. */
  readonly expected: readonly string[];
  /** Copies the tree into a temporary project. */
  readonly copy: () => string;
}

export function fixtures(suite: string): Fixture[] {
  const folder = fileURLToPath(new URL(`../${suite}/fixtures/`, import.meta.url));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      name,
      expected: JSON.parse(readFileSync(path.join(folder, name, 'expected.json'), 'utf8')) as string[],
      copy: () => {
        const root = project();
        cpSync(path.join(folder, name, 'tree'), root, { recursive: true });
        return root;
      },
    }));
}

/** A finding in one line, as `expected.json` has it. */
export function line(finding: { path: string; line: number; column: number; severity: string; kind: string; suggestion?: string }): string {
  const { path: file, line: row, column, severity, kind, suggestion } = finding;
  return `${file}:${row}:${column} ${severity} ${kind}${suggestion === undefined ? '' : ` → ${suggestion}`}`;
}
