import type { Analyser, AnalysisResult, Finding, RunFacts } from '../analyser.ts';
import { refused, same } from './expect.ts';

/** A rule for analysers. */
export interface AnalyserCheck {
  /** What must hold, as a sentence. */
  readonly name: string;
  /** Throws, or rejects with, the reason where it does not hold. */
  run(analyser: Analyser): Promise<void>;
}

const STATUSES = ['succeeded', 'failed', 'denied', 'cancelled', 'timed-out', 'killed', 'interrupted'] as const;
const START = Date.UTC(2026, 0, 1);

/**
 * What every analyser must hold to, whatever it looks for.
 *
 * @example
 * import { test } from 'node:test';
 * import { analyserChecks } from '@toka/sdk/testing';
 *
 * for (const { name, run } of analyserChecks) test(name, () => run(analyser));
 */
export const analyserChecks: readonly AnalyserCheck[] = [
  check('where there is no run nothing is found', (analyser) => {
    same(analyse(analyser, []), { findings: [], tooFew: [] }, 'the result');
  }),
  check('what is found is of its form, and speaks of the runs that there are', (analyser) => {
    const runs = history();
    const known = { ids: new Set(runs.map(({ id }) => id)), tools: new Set(runs.map(({ tool }) => tool)) };
    const { findings, tooFew } = analyse(analyser, runs);
    for (const finding of findings) same(faultOf(finding, known), undefined, `the finding ${JSON.stringify(finding)}`);
    for (const { tool, kind, n, needed } of tooFew) same([known.tools.has(tool), kind !== '', n < needed], [true, true, true], `too few ${kind} of ${tool}`);
  }),
  check('the order of the runs changes nothing', (analyser) => {
    const runs = history();
    const expected = analyse(analyser, runs);
    same(analyse(analyser, runs.toReversed()), expected, 'the last run first');
    same(analyse(analyser, runs.filter((_, at) => at % 2 === 0).concat(runs.filter((_, at) => at % 2 === 1))), expected, 'every other run');
  }),
  check('two analyses at once know nothing of one another', (analyser) => {
    const runs = history();
    const expected = analyse(analyser, runs);
    const [one, other] = [analyser.start(), analyser.start()];
    for (const run of runs) {
      one.add(run);
      other.add({ ...run, id: `other-${run.id}`, tool: `other-${run.tool}` });
    }
    same(one.finish(), expected, 'the first');
    same(analyse(analyser, runs), expected, 'a later one');
  }),
  check('what it is told stays as it was', (analyser) => {
    const runs = history();
    const before = structuredClone(runs);
    analyse(analyser, runs.map(frozen));
    same(runs, before, 'the runs');
  }),
  check('odd runs are borne', (analyser) => {
    const odd: RunFacts[] = STATUSES.map((status, at) => ({ id: `odd-${at}`, tool: '__proto__', status, principal: '', denied: [], requestedAt: 0, capabilities: [] }));
    const few = { ...fact(0), id: 'few', tool: 'constructor', wallMs: 0, exitCode: -1, error: { code: '', message: '\u0000\ud800' }, capabilities: ['', 'x', '*:*:*'], denied: ['toString'] };
    const { findings } = analyse(analyser, [...odd, few]);
    const known = { ids: new Set([...odd, few].map(({ id }) => id)), tools: new Set(['__proto__', 'constructor']) };
    for (const finding of findings) same(faultOf(finding, known), undefined, `the finding ${JSON.stringify(finding)}`);
  }),
  check('its options have limits, and defaults within them', async (analyser) => {
    for (const [name, { default: otherwise, minimum, maximum, description }] of Object.entries(analyser.options)) {
      same([minimum <= otherwise && otherwise <= maximum, description !== ''], [true, true], name);
      await refused('ANALYSER_OPTION', () => analyser.start({ [name]: maximum + 1 }), `${name} beyond its limit`);
      await refused('ANALYSER_OPTION', () => analyser.start({ [name]: Number.NaN }), `${name} that is no number`);
      for (const value of [minimum, maximum]) analyse(analyser, history(), { [name]: value });
    }
    await refused('ANALYSER_OPTION', () => analyser.start({ 'no such option': 1 }), 'an option that there is not');
  }),
];

function check(name: string, work: (analyser: Analyser) => void | Promise<void>): AnalyserCheck {
  return { name, run: async (analyser) => work(analyser) };
}

function analyse(analyser: Analyser, runs: readonly RunFacts[], options: Readonly<Record<string, number>> = {}): AnalysisResult {
  const analysis = analyser.start(options);
  for (const run of runs) analysis.add(run);
  return analysis.finish();
}

/** What is wrong with a finding, if anything is. */
function faultOf({ kind, severity, summary, measured, tools, runs, from, to, series = [] }: Finding, known: { readonly ids: ReadonlySet<string>; readonly tools: ReadonlySet<string> }): string | undefined {
  if (kind === '' || summary === '' || summary.endsWith('.')) return 'its kind or summary';
  if (severity !== 'info' && severity !== 'warning') return 'its severity';
  if (Object.values(measured).some((value) => !Number.isFinite(value))) return 'what was measured';
  if (Object.entries(measured).some(([name, value]) => (name === 'p' || name === 'q') && (value < 0 || value > 1))) return 'its probability';
  if (runs.length > 10 || runs.some((id) => !known.ids.has(id))) return 'its runs';
  if (tools.some((tool) => !known.tools.has(tool))) return 'its tools';
  if (!Number.isFinite(from) || !Number.isFinite(to) || from > to) return 'its time';
  return series.length > 60 || series.some((value) => !Number.isFinite(value) || value < 0) ? 'its series' : undefined;
}

/** Some hundred runs of four tools, in which there is something to find. */
function history(): RunFacts[] {
  return Array.from({ length: 240 }, (_, at) => fact(at));
}

function fact(at: number): RunFacts {
  const tool = `tools/${'abcd'.charAt((at * 7) % 4)}`;
  const isBurst = at >= 120 && at < 140;
  const status = isBurst ? 'failed' : (STATUSES[(at * 11) % 40] ?? 'succeeded');
  const requestedAt = START + at * 600_000;
  const isOdd = at === 200;
  return {
    id: `run-${at}`,
    tool,
    status,
    principal: 'user',
    ...(status === 'succeeded' ? { exitCode: 0 } : { error: { code: 'TOKA_RUN_FAILED', message: `file '${at}' not found` }, exitCode: 1 }),
    denied: status === 'denied' ? [`fs:write:file-${at}`] : [],
    requestedAt,
    startedAt: requestedAt + 1,
    finishedAt: requestedAt + 100,
    wallMs: isOdd ? 1_000_000 : 90 + ((at * 37) % 20),
    outputBytes: 10,
    capabilities: isOdd ? ['fs:read:**', 'net:connect:example.com'] : ['fs:read:**'],
    ...(at % 10 === 3 ? { parent: { id: `run-${at - 1}`, tool: `tools/${'abcd'.charAt(((at - 1) * 7) % 4)}` } } : {}),
    parametersDigest: ((at * 7) % 13).toString(16).padStart(64, '0'),
  };
}

/** With everything inside, so that whoever writes to it fails. */
function frozen(run: RunFacts): RunFacts {
  for (const value of Object.values(run)) Object.freeze(value);
  return Object.freeze(run);
}
