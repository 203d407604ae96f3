import { describeProbe, type Row } from '../sandbox/describe.ts';
import type { Tried } from '../sandbox/escapes/attack.ts';
import { cacheFolder, probeSandbox } from '../sandbox/probe.ts';
import { userFolders } from '../config/paths.ts';
import { readInstalled } from '../registry/plugins/record.ts';
import type { Door } from './door.ts';
import { fixSandbox } from './fix.ts';
import { retryFailed } from './plugins/hooked.ts';
import { type PluginState, stateJson, statesOf, warnOfPlugins } from './plugins/installed.ts';
import { paint, table, terminal, type Terminal } from './text.ts';

interface Options {
  readonly fix: boolean;
  readonly json: boolean;
  readonly sandbox: boolean;
}

/** `toka doctor`: what this machine enforces, found out by attacking it. */
export async function doctor({ fix, json, sandbox }: Options, door: Door): Promise<number> {
  let probe = await probeSandbox({ fresh: true });
  if (fix && probe.failure && (await fixSandbox(door))) probe = await probeSandbox({ fresh: true });
  const rows = describeProbe(probe);
  const tried = sandbox && !probe.failure ? await attack() : [];
  const ok = rows.every(({ state }) => state !== 'missing') && tried.every(({ result }) => result === 'held');
  const attempts = sandbox ? { attempts: tried } : {};
  const plugins = await pluginStates(door);
  if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/doctor/v1', ok, guarantees: rows, ...attempts, plugins: plugins.map(stateJson) })}\n`);
  else door.stdout.write(report(rows, tried, ok, terminal(door.stdout, door.env)));
  warnOfPlugins(plugins, door);
  return ok ? 0 : 69;
}

/** What is wrong with installed plugins is told beside what the machine enforces; it changes nothing of that. */
async function pluginStates(door: Door): Promise<PluginState[]> {
  if (readInstalled(userFolders(door.env).data).length === 0) return [];
  const workspace = await door.workspace();
  try {
    const failed = workspace.plugins.filter((plugin) => retryFailed(plugin, workspace));
    if (failed.length > 0) await workspace.registry.index({ rebuild: true });
    return await statesOf(workspace);
  } finally {
    workspace.registry.close();
  }
}

async function attack(): Promise<Tried[]> {
  const { tryEscapes } = await import('../sandbox/escapes/attack.ts');
  return tryEscapes(cacheFolder());
}

function report(rows: readonly Row[], tried: readonly Tried[], ok: boolean, view: Terminal): string {
  const text = table(['GUARANTEE', 'STATE', 'BY'], rows.map(({ guarantee, state, by }) => [guarantee, state, by]), view);
  const fixes = rows.flatMap(({ guarantee, fix }) => (fix === undefined ? [] : [`  ${guarantee}: ${fix}`]));
  const verdict = ok ? paint(view, 'green', 'sandboxed tools can run here') : paint(view, 'red', 'sandboxed tools are refused here; tools that are part of toka run');
  return `${text}\n${attemptsText(tried, view)}${fixes.length === 0 ? '' : `to get more:\n${fixes.join('\n')}\n`}${verdict}\n`;
}

function attemptsText(tried: readonly Tried[], view: Terminal): string {
  if (tried.length === 0) return '';
  const cells = tried.map(({ attempt, layer, result, by }) => [attempt, layer, result === 'broken' ? 'BROKEN' : result, by]);
  const count = (wanted: Tried['result']): number => tried.filter(({ result }) => result === wanted).length;
  const [held, broken, untried] = [count('held'), count('broken'), count('untried')];
  const defect = broken === 0 ? '' : `, ${broken} did not: report this as a security defect`;
  const sum = `${held} of ${tried.length} held${untried === 0 ? '' : `, ${untried} could not be tried`}${defect}`;
  return `${table(['ATTEMPT', 'LAYER', 'RESULT', 'BY'], cells, view)}\n${sum}\n`;
}
