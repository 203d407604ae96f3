import { createWriteStream, mkdtempSync, openSync, readFileSync, rmSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@toka/sdk';
import { packageRoot } from '../../config/package-root.ts';
import type { Defined } from './definition.ts';

/** What the process inside is to do. */
export interface InsideOrder {
  /** The module, absolute. */
  readonly file: string;
  /** The same, relative to its package. */
  readonly entry: string;
  /** Whether the checks of its kind are run. Default: it is described, nothing else. */
  readonly check?: boolean;
  /** The module that says where it is tried. */
  readonly places?: string;
}

/** What it says, one JSON value a line. */
export type InsideLine =
  | { readonly type: 'begin'; readonly rule: string; readonly name: string }
  | { readonly type: 'end'; readonly reason?: string }
  | { readonly type: 'nothing' }
  | { readonly type: 'defined'; readonly kind: Defined['kind']; readonly id: string; readonly contribution: JsonObject }
  | { readonly type: 'done' };

/** One rule, and what became of it. */
export interface Verdict {
  readonly rule: string;
  /** What must hold, as a sentence. */
  readonly name: string;
  readonly ms: number;
  /** Why it does not hold; absent where it does. */
  readonly reason?: string;
}

/** What a module turned out to be. */
export interface Inspected {
  readonly kind?: Defined['kind'];
  readonly id?: string;
  readonly contribution?: JsonObject;
  readonly verdicts: readonly Verdict[];
}

/** What does not get on for so long is ended. */
const PATIENCE_MS = 60_000;

/** Imports a module in a process of its own, and tells what it contributes and which rules it keeps. */
export async function inspect(order: InsideOrder, onVerdict: (verdict: Verdict) => void = () => undefined): Promise<Inspected> {
  const folder = mkdtempSync(join(tmpdir(), 'toka-inspect-'));
  const printed = join(folder, 'printed');
  const output = createWriteStream(printed, { fd: openSync(printed, 'a') });
  try {
    return await converse(order, output, () => readFileSync(printed, 'utf8'), onVerdict);
  } finally {
    output.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function converse(order: InsideOrder, output: WriteStream, printed: () => string, onVerdict: (verdict: Verdict) => void): Promise<Inspected> {
  const { execa } = await import('execa');
  const child = execa(process.execPath, ['--disable-warning=ExperimentalWarning', join(packageRoot(), 'dist', 'plugin-inside.cjs'), JSON.stringify(order)], {
    // It sees by the size of that file whether a module has printed.
    stdio: ['ignore', output, output, 'pipe'],
    buffer: false,
    reject: false,
  });
  const verdicts: Verdict[] = [];
  let found: Pick<Inspected, 'kind' | 'id' | 'contribution'> = {};
  let current: { readonly rule: string; readonly name: string; readonly since: number } | undefined;
  const judge = (reason: string | undefined): void => {
    if (!current) return;
    const { rule, name, since } = current;
    current = undefined;
    const verdict: Verdict = { rule, name, ms: Math.round(performance.now() - since), ...(reason === undefined ? {} : { reason }) };
    verdicts.push(verdict);
    onVerdict(verdict);
  };
  let timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  for await (const text of child.iterable({ from: 'fd3' })) {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const line = JSON.parse(text) as InsideLine;
    if (line.type === 'begin') current = { ...line, since: performance.now() };
    else if (line.type === 'end') judge(line.reason);
    else if (line.type === 'defined') found = { kind: line.kind, id: line.id, contribution: line.contribution };
  }
  const { exitCode, signal } = await child;
  clearTimeout(timer);
  const last = printed().trim().split('\n').findLast((line) => line.includes('Error')) ?? '';
  judge(signal === undefined ? `its process ended with ${exitCode} ${last}`.trimEnd() : `it did not get on for ${PATIENCE_MS / 1000} s`);
  return { ...found, verdicts };
}
