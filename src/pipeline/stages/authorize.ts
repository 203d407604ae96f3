import { authorize as decide, type Grant } from '../../capability/authorize.ts';
import { escapeGlob } from '../../capability/glob.ts';
import { anchorGrant, parseCapability } from '../../capability/grammar.ts';
import { needsOf, programOf } from '../../capability/needs.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { House } from '../house.ts';
import { type Run, settled } from '../run.ts';

/** Computes what the run may do; what is missing is left for the approve stage, which can ask. */
export async function authorize(run: Run, house: House): Promise<Run> {
  run.request.principal.check();
  const tool = settled(run, 'tool');
  const { grants, denials } = house.policy();
  const decision = decide({
    needs: needsOf(tool, settled(run, 'params'), house.anchors),
    level: tool.level,
    policy: { grants: [...run.granted, ...handedOn(run), ...flagged(run, house), ...grants, ...builtIn(tool, house)], denials },
    principal: run.request.principal,
    toolNames: [tool.name, tool.qualified],
  });
  return { ...run, decision };
}

function flagged({ request }: Run, { anchors }: House): Grant[] {
  return (request.allow ?? []).map((text) => ({ capability: anchorGrant(parseCapability(text), anchors), source: 'flag' }));
}

function handedOn({ request }: Run): readonly Grant[] {
  return (request.parent?.permissions ?? []).map((permission) => ({ ...permission, source: 'parent run' }));
}

/** What bundled tools may do without anybody's word: read the project, secrets excepted, and start the program they are made of. */
function builtIn(tool: Tool, house: House): Grant[] {
  if (tool.origin.kind !== 'bundled') return [];
  if (!projectScopes.has(house)) projectScopes.set(house, projectScope(house));
  const scope = projectScopes.get(house);
  const grants: Grant[] = scope === undefined ? [] : [{ capability: { domain: 'fs', action: 'read', scope }, source: 'built-in', exceptSecrets: true }];
  const program = programOf(tool);
  if (program !== undefined) {
    grants.push({ capability: { domain: 'proc', action: 'exec', scope: escapeGlob(program) }, source: 'built-in' });
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
