import type { RunSummary } from '../journal/contract.ts';
import type { RunTree } from '../journal/run-tree.ts';
import { onOneLine } from '../manifest/plain.ts';
import { duration } from './runs-list.ts';
import { size } from './size.ts';
import { paint, plain, type Terminal } from './text.ts';

/** What the bars, and the lines of the tree, are drawn with. */
interface Glyphs {
  readonly waiting: string;
  readonly working: string;
  readonly branch: string;
  readonly last: string;
  readonly through: string;
}

const DRAWN: Glyphs = { waiting: '░', working: '█', branch: '├─ ', last: '└─ ', through: '│  ' };
const TYPED: Glyphs = { waiting: '.', working: '#', branch: '  ', last: '  ', through: '  ' };

/** Of an id: two runs have the same so far only if they began in the same millisecond, and then hardly. */
const SHORT_ID = 18;
/** Without a terminal there is no width to fit. */
const PLAIN_WIDTH = 40;
/** Bars that are shorter tell nothing. */
const LEAST_WIDTH = 8;

const STYLES: Readonly<Record<RunSummary['status'], 'green' | 'red' | 'yellow' | 'cyan'>> = {
  succeeded: 'green',
  failed: 'red',
  denied: 'red',
  'timed-out': 'red',
  killed: 'red',
  cancelled: 'yellow',
  interrupted: 'yellow',
  running: 'cyan',
};

interface Row {
  readonly node: RunTree;
  readonly label: string;
}

/**
 * Draws runs and what they started against time: a line each, what waited for an answer or a place before what worked.
 *
 * @param now Up to when what is still going on has come, milliseconds since 1970.
 */
export function timeline(trees: readonly RunTree[], view: Terminal, now: number): string {
  const glyphs = view.isTty ? DRAWN : TYPED;
  const rows = trees.flatMap((tree) => rowsOf(tree, '', '', glyphs));
  const columns = columnsOf(rows, view).filter(({ cells, isOptional }) => !isOptional || cells.some((cell) => cell !== ''));
  const widths = columns.map(({ head, cells }) => Math.max(head.length, ...cells.map(({ length }) => length)));
  const room = view.isTty ? view.columns - widths.reduce((sum, width) => sum + width + 2, 0) : PLAIN_WIDTH;
  const scale = scaleOf(rows, now, room);
  const line = (at: number | undefined): string =>
    columns
      .map(({ head, cells, style }, column) => {
        const text = (at === undefined ? head : (cells[at] ?? '')).padEnd(widths[column] ?? 0);
        return at === undefined ? text : style(text, rows[at]?.node.run.status ?? 'running');
      })
      .join('  ');
  const head = paint(view, 'bold', [line(undefined), ...(scale ? [scale.head] : [])].join('  ').trimEnd());
  const body = rows.map(({ node }, at) => [line(at), ...(scale ? [paint(view, STYLES[node.run.status], scale.bar(node.run, glyphs))] : [])].join('  ').trimEnd());
  return `${[head, ...body].join('\n')}\n`;
}

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
  /** Left out where there is nothing in it. */
  readonly isOptional?: boolean;
  style(text: string, status: RunSummary['status']): string;
}

function columnsOf(rows: readonly Row[], view: Terminal): Column[] {
  const asIs = (text: string): string => text;
  const of = (cell: (row: Row) => string): string[] => rows.map(cell);
  return [
    { head: 'TOOL', cells: of(({ label }) => label), style: asIs },
    { head: 'STATUS', cells: of(({ node }) => node.run.status), style: (text, status) => paint(view, STYLES[status], text) },
    { head: 'TOOK', cells: of(({ node }) => duration(node.run)), style: asIs },
    { head: 'CPU', cells: of(({ node }) => duration({ wallMs: node.usage?.cpuMs?.value })), isOptional: true, style: asIs },
    { head: 'MEMORY', cells: of(({ node }) => size(node.usage?.maxRssBytes?.value)), isOptional: true, style: asIs },
    { head: 'OUTPUT', cells: of(({ node }) => size(node.usage?.outputBytes || undefined)), isOptional: true, style: asIs },
    { head: 'RUN', cells: of(({ node }) => (view.isTty ? node.run.id.slice(0, SHORT_ID) : node.run.id)), style: (text) => paint(view, 'dim', text) },
  ];
}

function rowsOf(node: RunTree, lead: string, below: string, glyphs: Glyphs): Row[] {
  const { run, children } = node;
  return [
    { node, label: lead + onOneLine(plain(run.tool ?? run.model)) },
    ...children.flatMap((child, at) => {
      const isLast = at === children.length - 1;
      return rowsOf(child, below + (isLast ? glyphs.last : glyphs.branch), below + (isLast ? ' '.repeat(glyphs.through.length) : glyphs.through), glyphs);
    }),
  ];
}

interface Scale {
  readonly head: string;
  bar(run: RunSummary, glyphs: Glyphs): string;
}

/** From the first request to the last end; undefined where there is no room for bars. */
function scaleOf(rows: readonly Row[], now: number, width: number): Scale | undefined {
  if (width < LEAST_WIDTH) return undefined;
  const endOf = (run: RunSummary): number => run.finishedAt ?? (run.status === 'running' ? Math.max(now, run.requestedAt) : (run.startedAt ?? run.requestedAt));
  const start = Math.min(...rows.map(({ node }) => node.run.requestedAt));
  const span = Math.max(1, Math.max(...rows.map(({ node }) => endOf(node.run))) - start);
  const cell = (time: number): number => Math.min(width, Math.max(0, Math.round(((time - start) / span) * width)));
  const whole = duration({ wallMs: span });
  return {
    head: `0${whole.padStart(width - 1)}`,
    bar(run, { waiting, working }) {
      const from = Math.min(cell(run.requestedAt), width - 1);
      const to = Math.max(cell(endOf(run)), from + 1);
      const begun = run.startedAt === undefined ? to : Math.min(Math.max(cell(run.startedAt), from), to - 1);
      return `${' '.repeat(from)}${waiting.repeat(begun - from)}${working.repeat(to - begun)}`;
    },
  };
}
