import { type Analyser, type Analysis, defineAnalyser, type Finding, type RunFacts } from '@toka/sdk';
import { analyserChecks } from '@toka/sdk/testing';
import { expect, test } from 'vitest';

/** Counts the runs of each tool, as it should be done. */
class Counts implements Analysis {
  readonly #runs: RunFacts[] = [];
  readonly #least: number;

  constructor(least: number) {
    this.#least = least;
  }

  add(run: RunFacts): void {
    this.#runs.push(run);
  }

  finish() {
    const tools = [...Map.groupBy(this.#runs, ({ tool }) => tool)].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const times = (runs: readonly RunFacts[]): number[] => runs.map(({ requestedAt }) => requestedAt);
    return {
      findings: tools.filter(([, runs]) => runs.length >= this.#least).map(([tool, runs]): Finding => ({
        kind: 'count',
        severity: 'info',
        summary: `${tool} has many runs`,
        measured: { observed: runs.length },
        tools: [tool],
        runs: runs.map(({ id }) => id).toSorted().slice(0, 3),
        from: Math.min(...times(runs)),
        to: Math.max(...times(runs)),
      })),
      tooFew: tools.filter(([, runs]) => runs.length < this.#least).map(([tool, runs]) => ({ tool, kind: 'count', n: runs.length, needed: this.#least })),
    };
  }
}

const definition = { id: 'counts', summary: 'Count', options: { least: { description: 'so many', default: 3, minimum: 1, maximum: 100 } } };
const sound = defineAnalyser({ ...definition, start: ({ least }) => new Counts(least) });

/** One whose analyses differ in something from the sound one. */
function broken(change: (analysis: Analysis) => Partial<Analysis>): Analyser {
  return defineAnalyser({
    ...definition,
    start(options) {
      const analysis = sound.start(options);
      return { add: (run) => analysis.add(run), finish: () => analysis.finish(), ...change(analysis) };
    },
  });
}

const shared = new Counts(1);

/** For each check an analyser that fails it. */
const FAULTS: Readonly<Record<string, Analyser>> = {
  'where there is no run nothing is found': broken((analysis) => ({
    finish: () => ({ ...analysis.finish(), tooFew: [{ tool: 'none', kind: 'count', n: 0, needed: 1 }] }),
  })),
  'what is found is of its form, and speaks of the runs that there are': broken((analysis) => ({
    finish: () => ({ ...analysis.finish(), findings: analysis.finish().findings.map((finding) => ({ ...finding, measured: { p: 1.5 } })) }),
  })),
  'the order of the runs changes nothing': broken((analysis) => {
    let last = '';
    return {
      add(run) {
        last = run.id;
        analysis.add(run);
      },
      finish: () => ({ ...analysis.finish(), findings: analysis.finish().findings.map((finding) => ({ ...finding, runs: [last] })) }),
    };
  }),
  'two analyses at once know nothing of one another': defineAnalyser({ ...definition, start: () => shared }),
  'what it is told stays as it was': broken((analysis) => ({
    add(run) {
      Object.assign(run, { tool: run.tool.toUpperCase() });
      analysis.add(run);
    },
  })),
  'odd runs are borne': broken((analysis) => ({
    add(run) {
      if (run.capabilities.length === 0) throw new Error('expected capabilities, found none');
      analysis.add(run);
    },
  })),
  'its options have limits, and defaults within them': { ...sound, start: ({ least = 3 } = {}) => new Counts(least) },
};

test.each(analyserChecks)('a sound analyser passes: $name', async ({ run }) => {
  await expect(run(sound)).resolves.toBeUndefined();
});

test.each(analyserChecks)('the check can fail: $name', async ({ name, run }) => {
  const fault = FAULTS[name];
  if (!fault) throw new Error('no analyser fails this check');
  await expect(run(fault)).rejects.toThrow(/expected|read only|Cannot assign/);
});

test('there is no fault but for a check', () => {
  expect(Object.keys(FAULTS).toSorted()).toEqual(analyserChecks.map(({ name }) => name).toSorted());
});
