import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { findStorage } from '../../src/journal/backends.ts';
import { systemClock } from '../../src/journal/ids.ts';
import { openJournal } from '../../src/journal/journal.ts';

const WRITERS = 8;
/** How many writers are killed. Who sets it is also told how it went. */
const KILLS = Number(process.env['TOKA_KILLS'] ?? 200);
/** Of them those that are killed while all start where nothing is. */
const AT_START = 2 * WRITERS;
const PLUGINS = ['lmdb', 'postgres'].map((name) => join(import.meta.dirname, '../../plugins', name, 'package.json'));

/** What was found when all was over. `halves` are runs that end within a commit. */
export interface Outcome {
  readonly kills: number;
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly halves: readonly string[];
  readonly findings: readonly unknown[];
  /** What writers said of errors. */
  readonly errors: readonly string[];
}

/** Processes that write runs into journals of a backend. */
export class Writers {
  readonly #backend: string;
  readonly #program: string;
  readonly #all = new Set<ChildProcess>();
  /** How many events of a run have been acknowledged, by location. */
  readonly #acknowledged = new Map<string, Map<string, number>>();
  readonly #errors: string[] = [];
  /** Wakes who waits for the next acknowledgement. */
  #wake = (): void => {};

  private constructor(backend: string, program: string) {
    this.#backend = backend;
    this.#program = program;
  }

  static async make(backend: string): Promise<Writers> {
    const folder = mkdtempSync(join(tmpdir(), 'toka-writer-'));
    const program = join(folder, 'writer.mjs');
    // In one file, since it starts hundreds of times.
    await build({ entryPoints: [join(import.meta.dirname, 'writer.ts')], outfile: program, bundle: true, format: 'esm', logLevel: 'warning', platform: 'node' });
    const writers = new Writers(backend, program);
    onTestFinished(() => {
      for (const child of writers.#all) child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    return writers;
  }

  /** Starts so many at once and waits for their ends. Returns their exit codes. */
  async finish(location: string, count: number, runs: number): Promise<(number | null)[]> {
    const ends = Array.from({ length: count }, async () => once(this.#start(location, runs), 'close') as Promise<[number | null]>);
    return (await Promise.all(ends)).map(([code]) => code);
  }

  /** Kills writers at random points: first while they start where nothing is, then one after the other while the rest goes on. */
  async kill(locate: (name: string) => string): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let round = 0; round * WRITERS < AT_START; round++) outcomes.push(await this.#killStarting(locate(`round_${round}`), round % 2 === 1));
    const location = locate('rolling');
    const running = Array.from({ length: WRITERS }, () => this.#start(location));
    for (let turn = 0; turn < KILLS - AT_START - WRITERS; turn++) {
      // However slow the machine is, some of them always write.
      await new Promise<void>((resolve) => void (this.#wake = resolve));
      await sleep(Math.random() * 10);
      const at = turn % WRITERS;
      await killed(running[at]);
      running[at] = this.#start(location);
      if (turn % 60 === 59) outcomes.push(await this.look(location, 0));
    }
    await Promise.all(running.map(killed));
    outcomes.push(await this.look(location, KILLS - AT_START));
    this.#report(outcomes);
    return outcomes;
  }

  /** Holds what is recorded against what was acknowledged until now; others may go on writing. */
  async look(location: string, kills: number): Promise<Outcome> {
    const acknowledged = new Map(this.#acknowledged.get(location));
    const journal = await openJournal(location, { clock: systemClock, storage: findStorage(this.#backend, PLUGINS) });
    try {
      const { findings } = await journal.verify();
      const recorded = new Map((await journal.runs({ limit: 1e6 })).map(({ id, events }) => [id, events]));
      return {
        kills,
        acknowledged: [...acknowledged.values()].reduce((sum, events) => sum + events, 0),
        lost: [...acknowledged].filter(([run, events]) => (recorded.get(run) ?? 0) < events).map(([run]) => run),
        halves: [...recorded].filter(([, events]) => ![2, 4, 5].includes(events)).map(([run]) => run),
        findings,
        errors: this.#errors,
      };
    } finally {
      await journal.close();
    }
  }

  async #killStarting(location: string, isLate: boolean): Promise<Outcome> {
    const writers = Array.from({ length: WRITERS }, () => this.#start(location));
    if (isLate) await new Promise<void>((resolve) => void (this.#wake = resolve));
    await sleep(Math.random() * 200);
    await Promise.all(writers.map(killed));
    return this.look(location, WRITERS);
  }

  #start(location: string, runs = 1e6): ChildProcess {
    const child = spawn(process.execPath, [this.#program, location, String(runs), this.#backend, ...PLUGINS], { stdio: ['ignore', 'pipe', 'pipe'] });
    const acknowledged = this.#acknowledged.get(location) ?? new Map<string, number>();
    this.#acknowledged.set(location, acknowledged);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) acknowledged.set(line.slice(0, 36), Number(line.slice(37)));
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => this.#errors.push(chunk));
    this.#all.add(child);
    child.on('close', () => this.#all.delete(child));
    return child;
  }

  #report(outcomes: readonly Outcome[]): void {
    if (process.env['TOKA_KILLS'] === undefined) return;
    const sum = (of: (outcome: Outcome) => number): number => outcomes.filter(({ kills }) => kills > 0).reduce((all, outcome) => all + of(outcome), 0);
    console.log(`${this.#backend}: ${sum(({ kills }) => kills)} kills, ${sum(({ acknowledged }) => acknowledged)} events acknowledged, ${sum(({ lost }) => lost.length)} runs lost, verified ${outcomes.length} times`);
  }
}

/** Its output is read to the end. */
async function killed(child: ChildProcess | undefined): Promise<void> {
  if (!child) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** What an outcome has to be. */
export const SOUND = { lost: [], halves: [], findings: [], errors: [] } as const;
