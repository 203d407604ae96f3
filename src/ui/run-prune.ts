import { ownPackage } from '../config/package-root.ts';
import { EXIT_CODES, TokaError } from '../errors.ts';
import type { Journal, Pruned } from '../journal/contract.ts';
import { planByName, planByRules, type PrunePlan, type PruneRules } from '../journal/retention.ts';
import { parseAge, parseSize } from '../manifest/units.ts';
import { localUser, type Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { retentionText } from './retention-text.ts';
import { checkRunFilter, when } from './runs-list.ts';
import { sizeText } from './size-text.ts';
import { withProgress } from './storage-progress.ts';
import { amount, paint, table, terminal } from './text.ts';

export interface PruneFlags {
  readonly 'dry-run': boolean;
  readonly json: boolean;
  readonly keep?: string | undefined;
  readonly 'max-size'?: string | undefined;
  readonly 'older-than'?: string | undefined;
  readonly status?: string | undefined;
  readonly tool?: string | undefined;
  readonly 'with-children': boolean;
  readonly yes: boolean;
}

/** By what runs are chosen, and how the record says it. */
interface Rule {
  readonly text: string;
  plan(journal: Journal): Promise<PrunePlan>;
}

/** `toka runs prune` */
export async function pruneRuns(words: readonly string[], flags: PruneFlags, door: Door): Promise<number> {
  if (!flags['dry-run']) demandPerson(door);
  const toka = await door.open({ readOnly: flags['dry-run'] });
  try {
    const rule = ruleOf(words, flags, toka);
    const journal = await toka.journal();
    const plan = await rule.plan(journal);
    if (flags['dry-run'] || plan.runs.length === 0) {
      show({ rule, plan, flags, door });
      return 0;
    }
    if (!flags.yes && !(await isAgreed(plan, flags, door))) {
      door.stderr.write('nothing was pruned\n');
      return 0;
    }
    const note = { rule: rule.text, by: localUser(), toka: ownPackage().version };
    const ids = plan.runs.map(({ run }) => run.id);
    const done = await withProgress(`Pruning ${amount(ids.length, 'run')}`, door, async (report) => journal.prune(ids, note, (gone) => report(`${gone} of ${ids.length}`)));
    show({ rule, plan, flags, door, done });
    return done.damaged.length === 0 ? 0 : EXIT_CODES.TOKA_INTEGRITY;
  } finally {
    await toka.close();
  }
}

/** Who acts with a token acts for a person, and does not decide what is left of it. */
function demandPerson({ env }: Door): void {
  if ((env['TOKA_TOKEN_FILE'] ?? '') === '') return;
  throw new TokaError('TOKA_CAPABILITY_DENIED', 'expected a person, found a token: with a token nothing is pruned', { hint: 'prune without TOKA_TOKEN_FILE' });
}

function ruleOf(words: readonly string[], flags: PruneFlags, { retention, untrustedConfig }: Toka): Rule {
  const withChildren = flags['with-children'];
  const given = (['older-than', 'keep', 'max-size', 'status', 'tool'] as const).flatMap((name) => (flags[name] === undefined ? [] : [`--${name} ${flags[name]}`]));
  if (words.length > 0) {
    if (given.length > 0) throw new TokaError('TOKA_USAGE', `expected runs or rules, found both: ${given.join(' ')}`, { hint: 'name runs, or say which may go' });
    return { text: withChildren ? 'by name --with-children' : 'by name', plan: async (journal) => planNamed(journal, words, withChildren) };
  }
  const byRules = (text: string, rules: PruneRules): Rule => ({ text: withChildren ? `${text} --with-children` : text, plan: async (journal) => planByRules(journal, rules, Date.now(), withChildren) });
  if (given.length > 0) return byRules(given.join(' '), rulesOf(flags));
  if (retention && Object.keys(retention).length > 0) return byRules(`retention: ${retentionText(retention)}`, retention);
  throw new TokaError('TOKA_USAGE', 'expected runs or a rule for those that may go, found none', {
    hint: `for instance toka runs prune --older-than 30d --dry-run; or write retention: into a configuration file${untrustedConfig === undefined ? '' : `. ${untrustedConfig} is not trusted, so what it says of that does not count: toka trust`}`,
  });
}

function rulesOf({ keep, 'max-size': size, 'older-than': age, ...filter }: PruneFlags): PruneRules {
  const { status, tool } = checkRunFilter({ limit: '1', status: filter.status, tool: filter.tool }, 'toka runs prune');
  return {
    ...(status === undefined ? {} : { status }),
    ...(tool === undefined ? {} : { tool }),
    ...(age === undefined ? {} : { age: read('older-than', age, parseAge, 'an age such as 30d or 12h') }),
    ...(keep === undefined ? {} : { count: read('keep', keep, (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined), 'a whole number') }),
    ...(size === undefined ? {} : { size: read('max-size', size, parseSize, 'a size such as 500M') }),
  };
}

function read(flag: string, text: string, parse: (text: string) => number | undefined, expected: string): number {
  const value = parse(text);
  if (value !== undefined) return value;
  throw new TokaError('TOKA_USAGE', `--${flag} takes ${expected}, found "${text}"`, { hint: 'toka runs prune --help shows its flags' });
}

/** Nobody is left in doubt about a run that was named. */
async function planNamed(journal: Journal, words: readonly string[], withChildren: boolean): Promise<PrunePlan> {
  const ids = await Promise.all(words.map(async (word) => journal.findRun(word)));
  const plan = await planByName(journal, ids, withChildren);
  if (plan.held === 0) return plan;
  throw new TokaError('TOKA_RUN_ACTIVE', 'expected runs that have ended, and so have those that asked for them; found some that may still go on', {
    hint: 'toka runs list --status interrupted, and toka runs resume RUN; or wait until they are done',
  });
}

async function isAgreed({ runs }: PrunePlan, { json }: PruneFlags, door: Door): Promise<boolean> {
  const what = `${amount(runs.length, 'run')}, ${sizeText(bytesIn(runs))}`;
  if (json || !door.isAttended) {
    throw new TokaError('TOKA_INPUT_NEEDED', `expected a yes before ${what} are pruned, found nobody to ask`, { hint: 'look at it with --dry-run, then say --yes' });
  }
  const { confirm } = await import('./prompts.ts');
  return confirm(`Prune ${what}? What they were asked, wrote and returned is gone then; hashes and summaries stay.`);
}

interface Outcome {
  readonly rule: Rule;
  readonly plan: PrunePlan;
  readonly flags: PruneFlags;
  readonly door: Door;
  /** Absent where nothing was done. */
  readonly done?: Pruned;
}

function show({ rule, plan, flags: { json, 'dry-run': dryRun }, door, done }: Outcome): void {
  const { held } = plan;
  const gone = done && new Set(done.runs);
  const runs = plan.runs.filter(({ run }) => !gone || gone.has(run.id));
  const bytes = done?.bytes ?? bytesIn(runs);
  const damaged = done?.damaged ?? [];
  if (json) {
    const rows = runs.map(({ run: { id, status, tool, requestedAt, events }, bytes: own }) => ({ run: id, status, ...(tool === undefined ? {} : { tool }), requestedAt, events, bytes: own }));
    door.stdout.write(`${JSON.stringify({ schema: 'toka/run-prune/v1', dryRun, rule: rule.text, runs: rows, bytes, held, damaged })}\n`);
    return;
  }
  const view = terminal(door.stdout, door.env);
  const rows = runs.map(({ run, bytes: own }) => [run.id, run.status, run.tool ?? '', when(run.requestedAt), String(run.events), sizeText(own)]);
  const lines = [
    ...(dryRun && rows.length > 0 ? [table(['RUN', 'STATUS', 'TOOL', 'STARTED', 'EVENTS', 'SIZE'], rows, view).trimEnd()] : []),
    runs.length === 0 ? 'nothing to prune' : `${amount(runs.length, 'run')}, ${sizeText(bytes)} ${dryRun ? 'would be pruned' : 'pruned'}`,
    ...(held === 0 ? [] : [`${held} more stay: they, or those that asked for them, may still go on`]),
    ...(damaged.length === 0 ? [] : [paint(view, 'red', `not pruned, since not as recorded: ${damaged.join(', ')}; toka audit verify says what is wrong`)]),
    ...(runs.length === 0 || dryRun ? [] : [paint(view, 'dim', 'toka storage compact (with LMDB: storage copy) gives the space back, and what stood in it is gone')]),
  ];
  door.stdout.write(`${lines.join('\n')}\n`);
}

function bytesIn(runs: PrunePlan['runs']): number {
  return runs.reduce((sum, { bytes }) => sum + bytes, 0);
}
