import type { RegistryIndex, ToolRow } from '../registry/index-file.ts';
import type { Door } from './door.ts';
import { paint, table, tableOf, terminal } from './text.ts';

export interface ListFlags {
  readonly category?: string | undefined;
  readonly capability?: string | undefined;
  readonly source?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `toka tools list`: a table on a terminal, one JSON value with `--json`, a line a tool in a pipe. */
export async function listTools(flags: ListFlags, door: Door): Promise<number> {
  const { registry } = await door.workspace();
  try {
    const index = await registry.index();
    const count = flags.json === true ? writeJson(index.list(flags), door) : writeTable(index, flags, door);
    if (count === 0 && flags.json !== true) door.stderr.write('no tool fits; toka tools list shows all of them\n');
    warnOfProblems(index, door);
    return 0;
  } finally {
    registry.close();
  }
}

function writeJson(tools: readonly ToolRow[], { stdout }: Door): number {
  stdout.write(`${JSON.stringify({ schema: 'toka/tool-list/v1', tools })}\n`);
  return tools.length;
}

const TITLES = { label: 'NAME', source: 'SOURCE', heading: 'CATEGORY', effect: 'EFFECT', summary: 'DESCRIPTION' };

function writeTable(index: RegistryIndex, flags: ListFlags, door: Door): number {
  if (flags.capability !== undefined) {
    const tools = index.list(flags);
    door.stdout.write(toolTable(tools, index, door));
    return tools.length;
  }
  const lines = index.lines(TITLES, flags);
  door.stdout.write(tableOf(lines, terminal(door.stdout, door.env)));
  return lines.length - 1;
}

/** The table of some tools. */
export function toolTable(tools: readonly ToolRow[], index: RegistryIndex, door: Door): string {
  const clashes = index.clashes();
  const rows = tools.map((tool) => [clashes.has(tool.name) ? tool.qualified : tool.name, tool.source, tool.category, tool.effect, tool.description.split('\n')[0] ?? '']);
  return table(Object.values(TITLES), rows, terminal(door.stdout, door.env));
}

/** A manifest that cannot be read is missing from every list, so every list says so. */
export function warnOfProblems(index: RegistryIndex, door: Door): void {
  const count = index.problems().length;
  if (count === 0) return;
  const what = count === 1 ? 'one manifest has a problem and is left out' : `${count} manifests have problems and are left out`;
  door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} ${what}; toka tools validate says which\n`);
}
