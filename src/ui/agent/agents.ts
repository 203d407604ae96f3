import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { capabilityFault } from '../../capability/rules.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import { loadAgent } from '../../manifest/agent/load.ts';
import { asResultError, type ResultError } from '../../pipeline/result.ts';
import { agentFilesIn, type ListedAgent } from '../../registry/agents.ts';
import type { Workspace } from '../../workspace.ts';
import type { Door } from '../door.ts';
import { errorText } from '../report.ts';
import { paint, plain, table, terminal } from '../text.ts';
import { checkReferences } from './references.ts';
import { agentText } from './spec-text.ts';

interface Flags {
  readonly json: boolean;
}

/** `toka agent list` */
export async function listAgents({ json }: Flags, door: Door): Promise<number> {
  const { registry, agents } = await door.workspace();
  try {
    const found = await agents.list();
    const good = found.filter(({ spec }) => spec);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-list/v1', agents: good.map(row) })}\n`);
    else door.stdout.write(table(['NAME', 'SOURCE', 'DOMAIN', 'DESCRIPTION'], good.map(({ name, source, spec }) => [nameAmong(good, name, source), source, spec?.domain ?? '', spec?.description.split('\n')[0] ?? '']), terminal(door.stdout, door.env)));
    warn(found.length - good.length, door);
    return 0;
  } finally {
    registry.close();
  }
}

function row({ name, source, file, spec }: ListedAgent): object {
  return { name, source, file, version: spec?.version, ...(spec?.domain === undefined ? {} : { domain: spec.domain }), description: spec?.description };
}

/** Where several have a name, that with its source. */
function nameAmong(agents: readonly ListedAgent[], name: string, source: string): string {
  return agents.filter((each) => each.name === name).length > 1 ? `${source}/${name}` : name;
}

function warn(count: number, door: Door): void {
  if (count === 0) return;
  const what = count === 1 ? 'one agent has a problem and is left out' : `${count} agents have problems and are left out`;
  door.stderr.write(`${paint(terminal(door.stderr, door.env), 'yellow', 'warning')} ${what}; toka agent validate says which\n`);
}

/** `toka agent show NAME` */
export async function showAgent(name: string, { json }: Flags, door: Door): Promise<number> {
  const { registry, agents } = await door.workspace();
  try {
    const spec = await agents.find(name);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent/v1', agent: spec })}\n`);
    else door.stdout.write(agentText(spec, terminal(door.stdout, door.env)));
    return 0;
  } finally {
    registry.close();
  }
}

interface Checked {
  readonly file: string;
  readonly agent?: string;
  readonly error?: ResultError;
}

/** `toka agent validate [PATH…]`: checks the files named, those of the folders named, or every agent that is known here. */
export async function validateAgents(names: readonly string[], { json }: Flags, door: Door): Promise<number> {
  const workspace = await door.workspace();
  try {
    const files = names.length === 0 ? workspace.agents.files().map(({ file }) => file) : names.flatMap((name) => filesAt(resolve(door.cwd, name)));
    const checked: Checked[] = [];
    for (const file of files) checked.push(await checkFile(file, workspace));
    const failed = checked.filter(({ error }) => error).length;
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/agent-validation/v1', ok: failed === 0, agents: checked })}\n`);
    else print(checked, failed, door);
    return failed === 0 ? 0 : 65;
  } finally {
    workspace.registry.close();
  }
}

async function checkFile(file: string, workspace: Workspace): Promise<Checked> {
  try {
    const spec = await loadAgent(file, { kind: 'project', checkCapability: capabilityFault, checkReferences: async (manifest) => checkReferences(manifest, workspace) });
    return { file, agent: spec.name };
  } catch (thrown) {
    return { file, error: asResultError(toTokaError(thrown)) };
  }
}

function filesAt(path: string): string[] {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) throw new TokaError('TOKA_USAGE', `there is no ${path}`, { hint: 'name the file of an agent or a folder of agents' });
  return entry.isDirectory() ? agentFilesIn(path).map((name) => join(path, name)) : [path];
}

function print(checked: readonly Checked[], failed: number, door: Door): void {
  const view = terminal(door.stdout, door.env);
  for (const { file, error } of checked) {
    if (error) door.stderr.write(errorText(error, terminal(door.stderr, door.env)));
    else door.stdout.write(`${paint(view, 'green', 'ok')} ${plain(file)}\n`);
  }
  door.stdout.write(`${checked.length} agents, ${failed} with problems\n`);
}
