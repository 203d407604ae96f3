import { TokaError } from '../errors.ts';
import { nearest } from '../manifest/nearest.ts';
import { modelFor } from './catalog.ts';
import { keyNames, keyOf } from './keys.ts';
import type { FoundBy } from './port.ts';
import { modelsOf } from './servers.ts';
import { KNOWN_SERVERS, type Service, serviceIds, serviceOf, type ServiceSources } from './services.ts';

/** The roles that every toka knows, each with the one that serves where nothing is said of it. */
const ROLES: Readonly<Record<string, string | undefined>> = { work: undefined, plan: 'work', small: 'work' };

/** Those whose key is looked for first. */
const FIRST = ['anthropic', 'openai', 'google'];

/** A server that runs on this machine answers at once, or does not run. */
export const PROBE_MS = 150;

export interface RoleSources extends ServiceSources {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a role stands for, and why. */
export interface RoleFound {
  readonly routes: readonly string[];
  readonly by: FoundBy;
}

/** The names of all roles. */
export function roleNames({ settings }: Pick<RoleSources, 'settings'>): string[] {
  return [...new Set([...Object.keys(ROLES), ...Object.keys(settings.roles)])];
}

/**
 * What a role stands for: by the configuration; or else the provider whose key is set, a server that runs on this machine, toka's own planner.
 *
 * @throws TokaError TOKA_MODEL_UNKNOWN, TOKA_PROVIDER_UNAVAILABLE
 */
export async function resolveRole(name: string, sources: RoleSources): Promise<RoleFound> {
  const { roles } = sources.settings;
  const known = roleNames(sources);
  if (!known.includes(name)) {
    const near = nearest(name, known);
    throw new TokaError('TOKA_MODEL_UNKNOWN', `expected PROVIDER/MODEL or one of the roles ${known.toSorted().join(', ')}, found "${name}"`, { hint: near === undefined ? 'see toka models list' : `did you mean ${near}?` });
  }
  const { [name]: stood } = ROLES;
  const said = roles[name] ?? (stood === undefined ? undefined : roles[stood]);
  if (said && said.length > 0) return { routes: said, by: 'configuration' };
  return byKey(name, sources) ?? (await byServer(sources)) ?? byPlanner(sources);
}

function byKey(role: string, sources: RoleSources): RoleFound | undefined {
  const ids = sources.listed.filter((each) => keyNames({ listed: each }).length > 0).map(({ id }) => id);
  for (const id of [...FIRST.filter((each) => ids.includes(each)), ...ids.filter((each) => !FIRST.includes(each))]) {
    const service = serviceOf(id, sources);
    const model = modelFor(role, service);
    if (model !== undefined && (keyOf(service, sources.env)?.value ?? '') !== '') return { routes: [`${id}/${model}`], by: 'key' };
  }
  return undefined;
}

/** All are asked at the same time; the first in order counts. */
async function byServer(sources: RoleSources): Promise<RoleFound | undefined> {
  const services = Object.keys(KNOWN_SERVERS).map((id): Service => serviceOf(id, sources));
  const found = await Promise.all(services.map(async (service) => modelsOf(service, { timeoutMs: PROBE_MS, key: keyOf(service, sources.env)?.value })));
  const routes = services.flatMap(({ id }, index) => (found[index]?.[0] ? [`${id}/${found[index][0].name}`] : []));
  return routes[0] === undefined ? undefined : { routes: [routes[0]], by: 'server' };
}

function byPlanner({ local, ...sources }: RoleSources): RoleFound {
  if (local) return { routes: [`${local.id}/planner`], by: 'planner' };
  const names = sources.listed.flatMap((each) => keyNames({ listed: each }).slice(0, 1)).filter((each) => !each.startsWith('OPENAI_COMPATIBLE'));
  throw new TokaError('TOKA_PROVIDER_UNAVAILABLE', 'no model is set up, no key is set, and no server of models runs on this machine', {
    hint: `set ${names.join(', or ')}, start Ollama, or name a model under models.roles; see toka models list`,
    data: { variables: names, servers: Object.keys(KNOWN_SERVERS), providers: serviceIds({ ...sources, local }) },
  });
}
