import type { Finding, TooFew } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import { analyse, type Analysed } from '../journal/analysis/analyse.ts';
import { chooseAnalysers } from '../journal/analysis/analysers.ts';
import { factsOf } from '../journal/analysis/facts.ts';
import { onOneLine } from '../manifest/plain.ts';
import { asResultError } from '../pipeline/result.ts';
import { pluginFiles } from '../workspace.ts';
import type { Door } from './door.ts';
import { errorText } from './report.ts';
import { when } from './runs-list.ts';
import { parseSince } from './since.ts';
import { sparkline } from './sparkline.ts';
import { amount, paint, plain, terminal, type Terminal } from './text.ts';

export interface AnalyzeFlags {
  readonly analyser: readonly string[];
  readonly failOnFindings: boolean;
  readonly json: boolean;
  readonly option: readonly string[];
  readonly since: string | undefined;
  readonly tool: string | undefined;
}

/** The exit code where something is found, as `grep` and `diff` have it the other way round. */
const FOUND = 1;

/** `toka events analyze` */
export async function analyzeEvents({ analyser, failOnFindings, json, option, ...flags }: AnalyzeFlags, door: Door): Promise<number> {
  const since = flags.since === undefined ? undefined : parseSince(flags.since, Date.now());
  const chosen = chooseAnalysers(analyser, pluginFiles(door.env, (error) => door.stderr.write(errorText(asResultError(error), terminal(door.stderr, door.env)))));
  const options = parseOptions(option, chosen.map(({ id }) => id));
  const toka = await door.open({ readOnly: true });
  try {
    const facts = factsOf(await toka.journal(), { ...(since === undefined ? {} : { since }), ...(flags.tool === undefined ? {} : { tool: flags.tool }) });
    const { runs, analysed } = await analyse(chosen, options, facts);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/event-analysis/v1', runs, analysers: analysed.map(analysedJson) })}\n`);
    else door.stdout.write(describe(runs, analysed, terminal(door.stdout, door.env)));
    const failed = analysed.find(({ error }) => error)?.error;
    if (failed) return failed.exitCode;
    return failOnFindings && analysed.some(({ result }) => result?.findings.some(({ severity }) => severity === 'warning')) ? FOUND : 0;
  } finally {
    await toka.close();
  }
}

function parseOptions(assignments: readonly string[], ids: readonly string[]): Record<string, Record<string, number>> {
  const options: Record<string, Record<string, number>> = {};
  for (const assignment of assignments) {
    const [, id = '', name = '', value = ''] = /^([a-z][a-z0-9-]*)\.([A-Za-z0-9]+)=([^\s=]+)$/.exec(assignment) ?? [];
    const number = value === '' ? Number.NaN : Number(value);
    if (Number.isNaN(number)) throw new TokaError('TOKA_USAGE', `--option takes ID.NAME=NUMBER, found "${assignment}"`, { hint: 'write for instance --option anomalies.alpha=0.01' });
    if (!ids.includes(id)) throw new TokaError('TOKA_USAGE', `--option names ${id}, which is not among the analysers that are asked: ${ids.join(', ')}`, { hint: `add --analyser ${id}` });
    options[id] = { ...options[id], [name]: number };
  }
  return options;
}

function analysedJson({ id, plugin, options, result, error }: Analysed) {
  return {
    id,
    plugin,
    options,
    findings: (result?.findings ?? []).map((finding) => ({ ...finding, from: iso(finding.from), to: iso(finding.to) })),
    tooFew: result?.tooFew ?? [],
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function describe(runs: number, analysed: readonly Analysed[], view: Terminal): string {
  return [`${amount(runs, 'run')}\n`, ...analysed.map((one) => section(one, view))].join('\n');
}

function section({ id, result, error }: Analysed, view: Terminal): string {
  const title = paint(view, 'bold', id.toUpperCase());
  if (error) return `${title}\n${paint(view, 'red', `  ${error.code}`)} ${shown(error.message)}\n`;
  const { findings = [], tooFew = [] } = result ?? {};
  const body = findings.length === 0 ? paint(view, 'dim', '  nothing found\n') : findings.map((finding) => findingLines(finding, view)).join('');
  return `${title}\n${body}${fewLines(tooFew, view)}`;
}

function findingLines({ kind, severity, summary, measured, tools, runs, from, to, series }: Finding, view: Terminal): string {
  // A probability of 0 is one that is smaller than a number can be.
  const figures = Object.entries(measured).map(([name, value]) => `${shown(name)} ${value === 0 && (name === 'p' || name === 'q') ? '<1e-300' : figure(value)}`);
  const times = from === to ? when(from) : `${when(from)} to ${when(to)}`;
  const lines = [
    `${paint(view, severity === 'warning' ? 'yellow' : 'cyan', shown(kind))}  ${shown(summary)}`,
    `  ${figures.join('  ')}`,
    ...(series === undefined ? [] : [`  over time |${sparkline(series, view)}|`]),
    paint(view, 'dim', `  ${times}; ${list(tools.map(shown))}; runs ${list(runs.map(shown))}`),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

/** What was not judged is said once for each kind. */
function fewLines(tooFew: readonly TooFew[], view: Terminal): string {
  const kinds = [...Map.groupBy(tooFew, ({ kind, needed }) => `${kind} (${needed} runs are needed)`)];
  return kinds.map(([kind, few]) => paint(view, 'dim', `  too few to judge: ${shown(kind)}: ${list(few.map(({ tool, n }) => `${shown(tool)} has ${n}`))}\n`)).join('');
}

const SHOWN = 5;

function list(words: readonly string[]): string {
  return words.length > SHOWN ? `${words.slice(0, SHOWN).join(', ')} and ${words.length - SHOWN} more` : words.join(', ');
}

function figure(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 0.001 && Math.abs(value) < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function shown(text: string): string {
  return onOneLine(plain(text));
}
