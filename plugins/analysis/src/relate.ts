import { type Analysis, type AnalysisResult, defineAnalyser, type Finding, type RunFacts } from '@toka/sdk';
import { Keepsakes } from './lib/keepsakes.ts';
import { compare, ordered } from './lib/order.ts';
import { type Pair, Pairs } from './lib/pairs.ts';
import { adjusted } from './lib/samples.ts';
import { Sequence } from './lib/sequence.ts';

export default defineAnalyser({
  id: 'relate',
  summary: 'Find tools that belong together: one starts the other, follows it, or is run with the same parameters or files',
  options: {
    alpha: { description: 'the share of false ones among the findings that is borne', default: 0.05, minimum: 1e-9, maximum: 0.5 },
    gapMinutes: { description: 'a run that begins later after another one does not follow it', default: 10, minimum: 1, maximum: 44_640 },
    minimumPairs: { description: 'what was seen less often is left out', default: 5, minimum: 1, maximum: 1_000_000 },
  },
  start: (options) => new Relations(options),
});

class Relations implements Analysis {
  readonly #alpha: number;
  readonly #gapMs: number;
  readonly #minimumPairs: number;
  readonly #children = new Pairs();
  readonly #sequence = new Sequence();
  readonly #parameters = new Keepsakes();
  readonly #files = new Keepsakes();

  constructor({ alpha, gapMinutes, minimumPairs }: { readonly alpha: number; readonly gapMinutes: number; readonly minimumPairs: number }) {
    this.#alpha = alpha;
    this.#gapMs = gapMinutes * 60_000;
    this.#minimumPairs = minimumPairs;
  }

  add(run: RunFacts): void {
    const { tool, parent, parametersDigest, capabilities } = run;
    if (parent?.tool !== undefined) this.#children.add(parent.tool, tool, run);
    // What one run starts follows its own order, not that of people.
    if (parent === undefined) this.#sequence.add(run);
    if (parametersDigest !== undefined) this.#parameters.add(parametersDigest, run);
    for (const file of capabilities.flatMap(fileOf)) this.#files.add(file, run);
  }

  finish(): AnalysisResult {
    const [followed, sharing, granted] = [this.#sequence.pairs(this.#gapMs), this.#parameters.pairs(), this.#files.pairs()];
    const tested = [
      ...followed.pairs.map((pair) => ({ ...pair, kind: 'follows', says: (a: string, b: string) => `${b} follows ${a} unusually often` })),
      ...sharing.pairs.map((pair) => ({ ...pair, kind: 'same-parameters', says: (a: string, b: string) => `${a} and ${b} are run with the same parameters` })),
      ...granted.pairs.map((pair) => ({ ...pair, kind: 'same-files', says: (a: string, b: string) => `${a} and ${b} are granted the same files` })),
    ];
    const q = adjusted(tested.map(({ p }) => p), followed.tests + sharing.tests + granted.tests);
    const related = tested.flatMap((pair, at) => ((q[at] ?? 1) <= this.#alpha && pair.observed >= this.#minimumPairs ? [associated(pair, q[at] ?? 1)] : []));
    const started = this.#children.all().filter(({ count }) => count >= this.#minimumPairs).map(({ a, b, count, examples, from, to }): Finding => ({
      kind: 'starts',
      severity: 'info',
      summary: `${a} starts ${b}`,
      measured: { observed: count },
      tools: together(a, b),
      runs: examples,
      from,
      to,
    }));
    return { findings: [...started, ...ordered(related, ({ measured }) => measured['p'] ?? 1, ({ kind, summary }) => `${kind} ${summary}`)], tooFew: [] };
  }
}

function associated({ a, b, kind, observed, expected, p, n, examples, from, to, says }: Pair & { readonly kind: string; says(a: string, b: string): string }, q: number): Finding {
  return { kind, severity: 'info', summary: says(a, b), measured: { observed, expected, lift: observed / expected, p, q, n }, tools: together(a, b), runs: examples, from, to };
}

function together(...tools: readonly string[]): string[] {
  return [...new Set(tools)].toSorted(compare);
}

/** The file that a capability names, and no pattern. */
function fileOf(capability: string): string[] {
  const [domain, , ...scope] = capability.split(':');
  const path = scope.join(':');
  return domain === 'fs' && path !== '' && !/[*?[\]{}]/.test(path) ? [path] : [];
}
