import { authorize as decide } from '../../capability/authorize.ts';
import { escapeGlob } from '../../capability/glob.ts';
import { anchor, anchorGrant, parseCapabilities } from '../../capability/grammar.ts';
import { type Call, execOf, type Needs, needsOf, programOf } from '../../capability/needs.ts';
import { type Denial, type Grant, INHERITED } from '../../capability/policy.ts';
import type { Tool } from '../../manifest/tool.ts';
import { passParameters } from '../../runtime/arguments.ts';
import { programFile } from '../../sandbox/program.ts';
import type { House } from '../house.ts';
import { type Run, settled } from '../run.ts';

/** Computes what the run may do; what is missing is left for the approve stage, which can ask. */
export async function authorize(run: Run, house: House): Promise<Run> {
  run.request.principal.check();
  const tool = settled(run, 'tool');
  const { grants, asks, denials } = house.policy();
  const needs = needsOf(tool, callOf(run, house), house.anchors);
  const decision = decide({
    needs,
    level: tool.level,
    policy: { grants: [...run.granted, ...handedOn(run), ...flagged(run, house), ...typed(run, needs), ...grants, ...builtIn(tool, house)], asks, denials: [...takenAway(run, house), ...denials] },
    principal: run.request.principal,
    hidden: house.hidden,
    toolNames: [tool.name, tool.qualified],
  });
  return { ...run, decision };
}

/** The words that the program gets are known here: what a wrapper among them starts must be granted too. */
function callOf(run: Run, { projectRoot, env }: House): Call {
  const { request } = run;
  const { executable, params: schema } = settled(run, 'tool');
  const params = settled(run, 'params');
  const fileOf = (program: string): string | undefined => programFile(program, env, request.cwd);
  if (executable.type !== 'shell' && executable.type !== 'python' && executable.type !== 'external') return { params, words: [], cwd: request.cwd, isCalled: isCalled(run), fileOf };
  const script = executable.type === 'external' ? [] : [executable.path];
  return {
    params,
    words: [...script, ...passParameters(executable, schema, params).args],
    cwd: executable.workingDirectory === 'project' ? (projectRoot ?? request.cwd) : request.cwd,
    isCalled: isCalled(run),
    fileOf,
  };
}

/** By a running tool, or by code; what it spawns is asked for by the program's name. */
function isCalled({ request }: Run): boolean {
  return request.parent !== undefined && (request.model === 'agent' || (request.model === 'tool' && request.target.kind === 'named'));
}

function flagged({ request }: Run, { anchors }: House): Grant[] {
  return (request.allow ?? []).flatMap(parseCapabilities).map((capability) => ({ capability: anchorGrant(capability, anchors), source: 'flag', consent: 'flag' }));
}

function takenAway({ request }: Run, { anchors }: House): Denial[] {
  return (request.deny ?? []).flatMap(parseCapabilities).map((capability) => ({ capability: anchor(capability, anchors), source: 'flag' }));
}

function typed({ request }: Run, { starts }: Needs): Grant[] {
  if (request.model !== 'tool' || request.target.kind !== 'command' || request.target.command.isTyped !== true) return [];
  return starts.map(({ capability }) => ({ capability, source: 'command line', consent: 'flag' }));
}

function handedOn({ request }: Run): readonly Grant[] {
  return (request.parent?.permissions ?? []).map((permission) => ({ ...permission, source: INHERITED }));
}

/** What bundled tools may do without anybody's word: read the project, secrets excepted, and start the program they are made of. */
function builtIn(tool: Tool, house: House): Grant[] {
  // Which models there are is said by the user, and by whom they trust: one that can be asked at all may be.
  if (tool.executable.type === 'prompt') return [{ capability: { domain: 'model', action: 'call', scope: escapeGlob(tool.name) }, source: 'built-in' }];
  if (tool.origin.kind !== 'bundled') return [];
  if (!projectScopes.has(house)) projectScopes.set(house, projectScope(house));
  const scope = projectScopes.get(house);
  const grants: Grant[] = scope === undefined ? [] : [{ capability: { domain: 'fs', action: 'read', scope }, source: 'built-in', exceptSecrets: true }];
  const program = programOf(tool);
  if (program !== undefined) {
    grants.push({ capability: execOf(program), source: 'built-in' });
  }
  return grants;
}

/** Found out once for a house: two real paths take 50 µs, a third of what a run may cost beside its record. */
const projectScopes = new WeakMap<House, string | undefined>();

function projectScope({ projectRoot, anchors }: House): string | undefined {
  const root = anchors.realPath(projectRoot ?? anchors.root);
  // A home or the whole machine is no project, even where a repository of dotfiles says so.
  const isProject = root !== '/' && root !== anchors.realPath(anchors.home);
  return isProject ? `${escapeGlob(root)}/**` : undefined;
}
