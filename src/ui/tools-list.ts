import { HEADS, type RegistryIndex, type ToolRow } from '../registry/index-file.ts';
import type { Door } from './door.ts';
import { paint, plain, table, tableOf, terminal } from './text.ts';

export interface ListFlags {
  readonly category?: string | undefined;
  readonly capability?: string | undefined;
  readonly source?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `toka tools list`: a table on a terminal, one JSON value with `--json`, a line a tool in a pipe. */
export async function listTools(flags: ListFlags, door: Door): Promise<number> {
  const { anchors, registry, settings } = await door.workspace();
  try {
    const index = await registry.index();
    const hasSome = flags.json === true ? writeJson(index.list(flags), door) : writeTable(index, flags, door);
    if (!hasSome && flags.json !== true) door.stderr.write('no tool fits; toka tools list shows all of them\n');
    warnOfProblems(index, door);
    for (const { path } of settings.paths) if (!anchors.isFolder(path)) warnOf(plain(`tools.paths in the configuration names a folder that is not there: ${path}`), door);
    return 0;
  } finally {
    registry.close();
  }
}

function writeJson(tools: readonly ToolRow[], { stdout }: Door): boolean {
  stdout.write(`${JSON.stringify({ schema: 'toka/tool-list/v1', tools })}\n`);
  return tools.length > 0;
}

const LINE_BREAK = Buffer.from('\n');

/** Where nothing has to be cut or painted, the text is passed on as it is. */
function writeTable(index: RegistryIndex, flags: ListFlags, door: Door): boolean {
  if (flags.capability !== undefined) {
    const tools = index.list(flags);
    door.stdout.write(toolTable(tools, index, door));
    return tools.length > 0;
  }
  const text = index.table(flags);
  const view = terminal(door.stdout, door.env);
  const isPlain = !view.isTty && !view.color;
  door.stdout.write(isPlain ? Buffer.concat([text, LINE_BREAK]) : tableOf(Buffer.from(text).toString('utf8').split('\n'), view));
  return text.includes(LINE_BREAK[0] as number);
}

/** The table of some tools. */
export function toolTable(tools: readonly ToolRow[], index: RegistryIndex, door: Door): string {
  const clashes = index.clashes();
  const rows = tools.map((tool) => [clashes.has(tool.name) ? tool.qualified : tool.name, tool.source, tool.category, tool.effect, tool.description.split('\n')[0] ?? '']);
  return table(Object.values(HEADS), rows, terminal(door.stdout, door.env));
}

/** A manifest that cannot be read is missing from every list, so every list says so. */
export function warnOfProblems(index: RegistryIndex, door: Door): void {
  const problems = index.problems();
  const pending = problems.filter(({ code }) => code === 'TOKA_PLUGIN_CONSENT');
  const others = problems.filter(({ code }) => code !== 'TOKA_PLUGIN_CONSENT');
  const [plugins, manifests] = [true, false].map((isPackage) => others.filter(({ source }) => (source === '') === isPackage).length) as [number, number];
  for (const { message, hint } of pending) warnOf(plain(`${message}; ${hint}`), door);
  warn(manifests, 'manifest', 'toka tools validate', door);
  warn(plugins, 'plugin', 'toka plugins list', door);
}

function warn(count: number, thing: string, command: string, door: Door): void {
  if (count === 0) return;
  const what = count === 1 ? `one ${thing} has a problem and is left out` : `${count} ${thing}s have problems and are left out`;
  warnOf(`${what}; ${command} says which`, door);
}

function warnOf(text: string, door: Door): void {
  door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} ${text}\n`);
}
