import { userFolders } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import type { RunSummary } from '../journal/contract.ts';
import { type Section, sectionsOf } from '../journal/search/text.ts';
import { openMeaning } from '../registry/search/meaning.ts';
import type { Toka } from '../toka.ts';
import { pluginFiles } from '../workspace.ts';
import type { Door } from './door.ts';
import type { RunSearchFlags } from './run-search.ts';
import { checkRunFilter, duration, when } from './runs-list.ts';
import { parseSince } from './since.ts';
import { paint, plain, terminal, type Terminal } from './text.ts';

/** Runs that are compared: each costs some milliseconds the first time. */
const MOST = 1000;

/** Characters of each part of a run that are compared: what it was asked, how it ended, what it said. */
const COMPARED: Partial<Record<Section['field'], number>> = { tool: 100, params: 400, error: 300, stdout: 300, data: 200 };

interface Alike {
  readonly run: RunSummary;
  /** From 0 to 1. */
  readonly likeness: number;
  readonly text: string;
}

/** `toka runs search TEXT --meaning` */
export async function searchByMeaning(query: string, { json, since, ...flags }: Omit<RunSearchFlags, 'rebuild'>, door: Door): Promise<number> {
  const { limit, ...filter } = checkRunFilter(flags, 'toka runs search');
  const meaning = openMeaning(pluginFiles(door.env), userFolders(door.env).cache);
  if (!meaning) throw new TokaError('TOKA_PLUGIN_UNAVAILABLE', 'no plugin is installed that knows what texts mean', { hint: 'toka plugins install @toka/plugin-embeddings; without --meaning runs are searched by their words' });
  const toka = await door.open({ readOnly: true });
  try {
    const journal = await toka.journal();
    const recent = await journal.runs({ ...filter, limit: MOST, ...(since === undefined ? {} : { from: parseSince(since, Date.now()) }) });
    // What a model is asked stands on record with its agent.
    const runs = recent.filter(({ model }) => model !== 'prompt');
    const texts: string[] = [];
    for (const { id } of runs) texts.push(await textOf(id, journal));
    const figures = await meaning.alike(query, texts);
    const found = runs.map((run, at): Alike => ({ run, likeness: Math.max(0, figures[at] ?? 0), text: texts[at] ?? '' })).toSorted((a, b) => b.likeness - a.likeness);
    const best = found.slice(0, limit);
    if (json === true) door.stdout.write(`${JSON.stringify({ schema: 'toka/run-search/v1', query, runs: best.map(({ run, likeness }) => ({ ...run, passages: [], likeness })), pending: 0 })}\n`);
    else door.stdout.write(describe(best, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    await toka.close();
  }
}

/** What is left of a run that was pruned, or is damaged, has no text. */
async function textOf(run: string, journal: Awaited<ReturnType<Toka['journal']>>): Promise<string> {
  const sections = await journal.read(run).then(async (events) => sectionsOf(events, async (sha256) => journal.blob(sha256)), () => []);
  return sections.flatMap(({ field, text }) => (COMPARED[field] === undefined ? [] : [text.slice(0, COMPARED[field])])).join('. ');
}

function describe(found: readonly Alike[], view: Terminal): string {
  if (found.length === 0) return `${paint(view, 'dim', 'nothing found')}\n`;
  return found
    .map(({ run, likeness, text }) => {
      const head = [likeness.toFixed(2), run.id, run.status, plain(run.tool ?? run.model), when(run.requestedAt), duration(run)].filter((part) => part !== '').join('  ');
      return `${paint(view, 'bold', head)}\n  ${plain(text.slice(0, 120))}\n`;
    })
    .join('');
}
