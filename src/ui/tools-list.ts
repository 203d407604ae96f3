import type { RegistryIndex, ToolRow } from '../registry/index-file.ts';
import type { Door } from './door.ts';
import { paint, table, terminal } from './text.ts';

export interface ListFlags {
  readonly category?: string | undefined;
  readonly capability?: string | undefined;
  readonly source?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `toka tools list`: a table on a terminal, one JSON value with `--json`, a line a tool in a pipe. */
export async function listTools(flags: ListFlags, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const index = await toka.index();
    const tools = index.list(flags);
    if (flags.json === true) door.stdout.write(`${JSON.stringify({ schema: 'toka/tool-list/v1', tools })}\n`);
    else door.stdout.write(toolTable(tools, door));
    if (tools.length === 0 && flags.json !== true) door.stderr.write('no tool fits; toka tools list shows all of them\n');
    warnOfProblems(index, door);
    return 0;
  } finally {
    await toka.close();
  }
}

export function toolTable(tools: readonly ToolRow[], door: Door): string {
  const names = new Map<string, number>();
  for (const { name } of tools) names.set(name, (names.get(name) ?? 0) + 1);
  const shown = ({ name, qualified }: ToolRow): string => ((names.get(name) ?? 0) > 1 ? qualified : name);
  const rows = tools.map((tool) => [shown(tool), tool.source, tool.category, tool.effect, tool.description.split('\n')[0] ?? '']);
  return table(['NAME', 'SOURCE', 'CATEGORY', 'EFFECT', 'DESCRIPTION'], rows, terminal(door.stdout, door.env));
}

/** A manifest that cannot be read is missing from every list, so every list says so. */
export function warnOfProblems(index: RegistryIndex, door: Door): void {
  const count = index.problems().length;
  if (count === 0) return;
  const what = count === 1 ? 'one manifest has a problem and is left out' : `${count} manifests have problems and are left out`;
  door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} ${what}; toka tools validate says which\n`);
}
