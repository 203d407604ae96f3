import { parseBudget } from '../capability/budget-text.ts';
import { userFolders } from '../config/paths.ts';
import { TokaError } from '../errors.ts';
import type { Tool } from '../manifest/tool.ts';
import { parseDuration, printDuration } from '../manifest/units.ts';
import { slotNeeds } from '../pipeline/stages/anticipate.ts';
import { timeLimitOfTool } from '../pipeline/time-limit.ts';
import type { RequestOptions, Toka, ToolRequest } from '../toka.ts';
import { type Door, doorTo } from './door.ts';
import { flagName, type OwnFlag, type OwnFlags, ownFlags, readParameters, splitAtName } from './flags.ts';
import { listenForInterrupts } from './interrupt.ts';
import { liveView } from './live.ts';
import { readGiven } from './params.ts';
import { exitCodeOf } from './report.ts';
import { reportError } from './report-error.ts';
import { showResult } from './run-result.ts';
import { rememberSandboxed } from './sandbox-guess.ts';
import { paint, terminal } from './text.ts';

/**
 * `toka run NAME …`: reads the words of the command line against the tool's manifest and runs it.
 *
 * @returns The exit code; `undefined` where there is no NAME, which the full command explains.
 */
export async function runTool(argv: readonly string[], door: Door): Promise<number | undefined> {
  const values = new Map<OwnFlag, string[]>();
  const own = ownFlags(values);
  let rest: readonly string[] = argv;
  const says = (...flags: readonly string[]): boolean => rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined).some((word) => flags.includes(word));
  try {
    const split = splitAtName(argv);
    const { name } = split;
    rest = split.rest;
    for (const [flag, given] of split.own) values.set(flag, given);
    if (name === undefined) return undefined;
    // Not closed: the process ends right after, what was acknowledged is durable, and closing the journal costs three more fsyncs.
    const storage = own.last('storage');
    let toka = await doorTo(storage, door).open();
    const { tool } = await toka.findTool(name);
    const isHelp = own.has('help') || says('--help', '-h');
    if (isHelp) {
      const { toolHelp } = await import('./help.ts');
      door.stdout.write(toolHelp(tool, terminal(door.stdout, door.env)));
      return 0;
    }
    const given = readParameters(tool, rest, values);
    // It may stand after NAME as well.
    if (own.last('storage') !== storage) toka = await doorTo(own.last('storage'), door).open();
    const params = await completed(tool, given, own, door);
    if (own.has('dry-run')) return await showPlan(toka, name, params, own, door);
    const engine = own.last('engine') ?? toka.places.engine?.id;
    const isHere = engine === undefined || engine === 'here';
    if (isHere && own.has('detach')) throw new TokaError('TOKA_USAGE', 'without an engine there is nobody to leave the run to, so --detach cannot be', { hint: 'name one with --engine, or write engine: into toka.yaml' });
    if (isHere) return await carryOut(toka, tool, name, params, own, door);
    const request = await requestOf(toka, name, params, own);
    return await (await import('./engine/submit.ts')).submitRun(toka, tool, request, { engine, token: own.last('token'), detach: own.has('detach'), json: own.has('json'), passthroughExit: own.has('passthrough-exit') }, door);
  } catch (thrown) {
    // What went wrong may have come before the words after NAME were read.
    return reportError(thrown, { has: (flag) => own.has(flag) || says(`--${flag}`) }, door);
  }
}

/** The parameters of `--params` under those of the flags; on a terminal a person is asked for what is still missing. */
async function completed(tool: Tool, given: Readonly<Record<string, unknown>>, own: OwnFlags, door: Door): Promise<Record<string, unknown>> {
  const source = own.last('params');
  if (source === '-' && readsStdin(tool)) {
    throw new TokaError('TOKA_USAGE', `${tool.name} reads standard input itself, so --params - has nothing to read`, {
      hint: 'pass the parameters as flags, or --params FILE',
    });
  }
  const maps = own.all('map');
  if (source === undefined && maps.length > 0) throw new TokaError('TOKA_USAGE', '--map picks out of --params, of which there are none', { hint: 'pipe a result in: toka run A --json | toka run B --params - --map NAME=/POINTER' });
  const params = { ...(source === undefined ? {} : await piped(source, maps, tool, door)), ...given };
  const missing = tool.params.required.filter((name) => !Object.hasOwn(params, name) || params[name] === undefined);
  if (missing.length === 0) return params;
  if (door.isAttended && !own.has('json')) {
    const { askParameters } = await import('./prompts.ts');
    return { ...params, ...(await askParameters(tool, missing)) };
  }
  throw new TokaError('TOKA_PARAM_INVALID', `${tool.qualified} needs ${missing.map((name) => `--${flagName(name)}`).join(', ')}`, {
    hint: `toka run ${tool.name} --help shows its parameters`,
    data: { missing },
  });
}

async function piped(source: string, maps: readonly string[], tool: Tool, door: Door): Promise<Readonly<Record<string, unknown>>> {
  const given = await readGiven(source, door.stdin);
  if (maps.length === 0 && given.from === undefined) return given.values;
  return (await import('./param-map.ts')).mapParameters(given, maps, tool);
}

function readsStdin({ executable }: Tool): boolean {
  return 'stdin' in executable && executable.stdin === 'inherit';
}

/** What lowers the run's own limits. */
function bounds(own: OwnFlags): Pick<RequestOptions, 'budget' | 'timeoutMs'> {
  const budget = own.last('budget');
  return { ...timeoutOf(own), ...(budget === undefined ? {} : { budget: parseBudget(budget) }) };
}

function timeoutOf(own: OwnFlags): { timeoutMs?: number } {
  const text = own.last('timeout');
  if (text === undefined) return {};
  const timeoutMs = parseDuration(text);
  if (timeoutMs !== undefined && timeoutMs > 0) return { timeoutMs };
  throw new TokaError('TOKA_USAGE', `--timeout takes a duration, found "${text}"`, { hint: 'write for instance --timeout 30s or --timeout 500ms' });
}

/** The request, by whoever acts with the token of `--token`. */
async function requestOf(toka: Toka, name: string, params: Readonly<Record<string, unknown>>, own: OwnFlags): Promise<ToolRequest> {
  const token = own.last('token');
  const request = { ...toka.request({ name }, params), ...bounds(own), allow: own.all('allow'), frozen: own.has('frozen'), record: own.has('record'), isFresh: own.has('no-cache') };
  return token === undefined ? request : { ...request, principal: await toka.bearer(token) };
}

async function showPlan(toka: Toka, name: string, params: Readonly<Record<string, unknown>>, own: OwnFlags, door: Door): Promise<number> {
  const { missingOf, planJson, planText } = await import('./plan-text.ts');
  const request = await requestOf(toka, name, params, own);
  const run = await toka.prepare(request);
  const verdicts = (await toka.decide(request)).decision?.verdicts ?? [];
  door.stdout.write(own.has('json') ? planJson(run, verdicts) : planText(run, verdicts, terminal(door.stdout, door.env)));
  return missingOf(verdicts).length === 0 ? 0 : exitCodeOf({ code: 'TOKA_CAPABILITY_DENIED' });
}

async function carryOut(toka: Toka, tool: Tool, name: string, params: Readonly<Record<string, unknown>>, own: OwnFlags, door: Door): Promise<number> {
  const isJson = own.has('json');
  const live = liveView({
    streams: door,
    view: terminal(door.stderr, door.env),
    output: isJson ? (own.has('quiet') ? 'nowhere' : 'stderr') : 'stdout',
    quiet: own.has('quiet'),
  });
  const request = await requestOf(toka, name, params, own);
  const needs = slotNeeds(tool);
  if (needs && !needs.network && needs.files === 0) rememberSandboxed(userFolders(door.env).cache, name);
  if (!own.has('quiet')) warnOfLimit(tool, request, door);
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const result = await toka.run({
      ...request,
      signal: interrupts.signal,
      onEvent: live.show,
      ...(readsStdin(tool) ? { input: door.stdin } : {}),
    });
    live.end();
    return showResult(result, tool.executable.type, { json: isJson, passthroughExit: own.has('passthrough-exit') }, door);
  } finally {
    interrupts.end();
  }
}

/** A limit can only be lowered: who asks for more is told what holds. */
function warnOfLimit(tool: Tool, { timeoutMs = 0 }: ToolRequest, { env, stderr }: Door): void {
  const most = timeLimitOfTool(tool);
  if (timeoutMs <= most) return;
  stderr.write(`${paint(terminal(stderr, env), 'yellow', 'warning')} --timeout ${printDuration(timeoutMs)} is more than the tool may take, so ${printDuration(most)} holds: its level is ${tool.level}\n`);
}
