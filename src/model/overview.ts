import { catalogModels, knownModel } from './catalog.ts';
import { keyNames, keyOf } from './keys.ts';
import type { ListedModel, ListedService, ModelsOverview } from './port.ts';
import { PROBE_MS, roleNames, type RoleFound, type RoleSources } from './roles.ts';
import { contextOf, modelsOf } from './servers.ts';
import { type Service, serviceIds, serviceOf } from './services.ts';

/** Looks at all services, servers at the same time. */
export async function overviewOf(sources: RoleSources, { now, role }: { readonly now: number; readonly role: (name: string) => Promise<RoleFound> }): Promise<ModelsOverview> {
  const roles = roleNames(sources).map(async (name) => role(name).then((found) => ({ role: name, ...found }), () => ({ role: name, routes: [], by: 'nothing' as const })));
  const services = serviceIds(sources).flatMap((id): Service[] => {
    try {
      const service = serviceOf(id, sources);
      return isPlaced(service) ? [service] : [];
    } catch {
      // Of a protocol that no plugin has.
      return [];
    }
  });
  return { roles: await Promise.all(roles), providers: await Promise.all(services.map(async (service) => look(service, sources, now))) };
}

/** A protocol of servers is none of them. */
function isPlaced({ listed: { configSchema }, settings }: Service): boolean {
  const { required = [] } = (configSchema ?? {}) as { readonly required?: readonly string[] };
  return settings.baseURL !== undefined || !required.includes('baseURL');
}

async function look(service: Service, sources: RoleSources, now: number): Promise<ListedService> {
  const { id, listed, settings } = service;
  const key = keyOf(service, sources.env);
  const isServer = settings.baseURL !== undefined && listed.catalog === undefined;
  const served = isServer ? await serve(service, key?.value) : undefined;
  const needsKey = !isServer && keyNames(service).length > 0 && listed.catalog !== undefined;
  const isSet = (key?.value ?? '') !== '';
  return {
    id,
    summary: listed.summary,
    isLanguageModel: listed.isLanguageModel ?? true,
    ...(id === listed.id ? {} : { protocol: listed.id }),
    ...(settings.baseURL === undefined ? {} : { baseURL: settings.baseURL }),
    ...(key ? { key: { from: key.from, isSet } } : {}),
    state: isServer && !served ? 'silent' : needsKey && !isSet ? 'no-key' : 'ready',
    models: served ?? [...new Set([...catalogModels(service), ...Object.keys(settings.models ?? {})])].map((name) => listedModel(service, name, now)),
  };
}

async function serve(service: Service, key: string | undefined): Promise<readonly ListedModel[] | undefined> {
  const options = { timeoutMs: PROBE_MS, key };
  const models = await modelsOf(service, options);
  return models && Promise.all(models.map(async (model) => {
    const { name, context, longest } = service.id === 'ollama' ? ((await contextOf(service, model.name, options)) ?? model) : model;
    const own = service.settings.models?.[name]?.context ?? service.settings.context ?? context;
    return { route: `${service.id}/${name}`, ...(own === undefined ? {} : { contextTokens: own }), ...(longest === undefined ? {} : { longestTokens: longest }) };
  }));
}

function listedModel(service: Service, name: string, now: number): ListedModel {
  const { context, price } = knownModel(service, name, now);
  const { input = 0, output = 0, cached, asOf } = price ?? {};
  return {
    route: `${service.id}/${name}`,
    ...(context === undefined ? {} : { contextTokens: context }),
    ...(price ? { price: { input, output, ...(cached === undefined ? {} : { cached }), ...(asOf === undefined ? {} : { asOf }) } } : {}),
  };
}
