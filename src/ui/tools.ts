import { openMeaning } from '../registry/search/meaning.ts';
import { pluginFiles } from '../workspace.ts';
import type { Door } from './door.ts';
import { toolHelp } from './help.ts';
import { terminal } from './text.ts';
import { toolTable, warnOfProblems } from './tools-list.ts';

/** `toka tools show NAME` */
export async function showTool(name: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const { registry } = await door.workspace();
  try {
    const { tool, hash } = await registry.find(name);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/tool/v1', hash, tool })}\n`);
    else door.stdout.write(toolHelp(tool, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    registry.close();
  }
}

/** `toka tools search QUERY` */
export async function searchTools(query: string, { json, limit }: { readonly json: boolean; readonly limit: number }, door: Door): Promise<number> {
  const { folders, registry } = await door.workspace();
  try {
    const index = await registry.index();
    const meaning = openMeaning(pluginFiles(door.env), folders.cache);
    const tools = index.search(query, limit, await meaning?.likeness(query, index.all().map(({ tool }) => tool)));
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/tool-search/v1', query, tools })}\n`);
    else if (tools.length === 0) door.stderr.write('no tool fits; toka tools list shows all of them\n');
    else door.stdout.write(toolTable(tools, index, door));
    warnOfProblems(index, door);
    return 0;
  } finally {
    registry.close();
  }
}
