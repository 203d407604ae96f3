import type { AuditRecord } from '../journal/records.ts';
import { plain } from './text.ts';

export const AUDIT_FORMATS = ['json', 'csv', 'cef'] as const;
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

/** Writes records in one of the formats, each as soon as it is there. */
export interface RecordWriter {
  readonly head: string;
  line(record: AuditRecord): string;
}

export function recordWriter(format: AuditFormat, version: string): RecordWriter {
  if (format === 'csv') return { head: csvLine(Object.keys(COLUMNS)), line: (record) => csvLine(Object.values(COLUMNS).map((column) => column(record))) };
  if (format === 'cef') return { head: '', line: (record) => cefLine(record, version) };
  return { head: '', line: (record) => `${JSON.stringify({ schema: 'toka/audit-record/v1', ...record })}\n` };
}

type Cell = string | number | null | undefined;

const COLUMNS: Readonly<Record<string, (record: AuditRecord) => Cell>> = {
  seq: ({ seq }) => seq,
  time: ({ time }) => time,
  run: ({ run }) => run,
  parent: ({ parent }) => parent,
  principal: ({ principal }) => principal,
  tokens: ({ tokens }) => tokens?.join(' '),
  door: ({ door }) => door,
  model: ({ model }) => model,
  tool: ({ tool }) => tool,
  manifest_hash: ({ manifestHash }) => manifestHash,
  params_digest: ({ paramsDigest }) => paramsDigest,
  effect: ({ effect }) => effect,
  granted: grantedText,
  denied: deniedText,
  approvals: ({ approvals }) => approvals.map(({ capability, decision, by }) => `${capability} (${decision}, by ${by})`).join('; '),
  outcome: ({ outcome }) => outcome,
  exit_code: ({ exitCode }) => exitCode,
  error_code: ({ errorCode }) => errorCode,
  wall_ms: ({ usage }) => usage?.wallMs,
  output_bytes: ({ usage }) => usage?.outputBytes,
  cpu_ms: ({ usage }) => usage?.cpuMs?.value,
  max_rss_bytes: ({ usage }) => usage?.maxRssBytes?.value,
  events: ({ events }) => events,
  hash: ({ hash }) => hash,
  pruned: ({ prunedAt }) => prunedAt,
};

function grantedText({ granted }: AuditRecord): string {
  return granted.map(({ capability, source }) => (source === undefined ? capability : `${capability} (${source})`)).join('; ');
}

function deniedText({ denied }: AuditRecord): string {
  return denied.map(({ capability, reason }) => `${capability} (${reason})`).join('; ');
}

/** RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front, which it shows as text. */
function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = plain(cell);
  const inert = /^[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) || inert !== text ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** From 0 to 10. */
const SEVERITIES: Readonly<Record<AuditRecord['outcome'], number>> = {
  running: 1,
  succeeded: 1,
  cancelled: 3,
  interrupted: 5,
  failed: 5,
  'timed-out': 5,
  killed: 6,
  denied: 8,
};

/** ArcSight's Common Event Format, version 0. */
function cefLine(record: AuditRecord, version: string): string {
  const { outcome, tool, model } = record;
  const head = ['CEF:0', 'toka', 'toka', version, `run.${outcome}`, `${tool ?? model} ${outcome}`, String(SEVERITIES[outcome])];
  const fields: Readonly<Record<string, Cell>> = {
    rt: Date.parse(record.time),
    externalId: record.run,
    suser: record.principal,
    suid: record.tokens?.join(' '),
    act: tool ?? model,
    outcome,
    reason: record.errorCode,
    sourceServiceName: record.door,
    cn1Label: 'seq',
    cn1: record.seq,
    cn2Label: 'wallMs',
    cn2: record.usage && Math.round(record.usage.wallMs),
    cs1Label: 'paramsDigest',
    cs1: record.paramsDigest,
    cs2Label: 'manifestHash',
    cs2: record.manifestHash,
    cs3Label: 'granted',
    cs3: grantedText(record),
    cs4Label: 'denied',
    cs4: deniedText(record),
    cs5Label: 'parent',
    cs5: record.parent,
    cs6Label: 'hash',
    cs6: record.hash,
  };
  // A label without its field says nothing.
  const isThere = (name: string): boolean => (fields[name.replace(/Label$/, '')] ?? '') !== '';
  const extension = Object.entries(fields).filter(([name]) => isThere(name));
  return `${head.map(cefHead).join('|')}|${extension.map(([name, value]) => `${name}=${cefValue(String(value))}`).join(' ')}\n`;
}

function cefHead(text: string): string {
  return plain(text).replaceAll(/[\\|]/g, '\\$&').replaceAll(/\s+/g, ' ');
}

function cefValue(text: string): string {
  return plain(text).replaceAll(/[\\=]/g, '\\$&').replaceAll(/\r\n?|\n/g, '\\n');
}
