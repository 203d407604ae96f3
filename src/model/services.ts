import type { JsonObject, JsonValue, Provider } from '@toka/sdk';
import type { ModelsConfig, ProviderConfig } from '../config/config.ts';
import { TokaError } from '../errors.ts';
import { loadContributed } from '../journal/contributed.ts';
import { nearest } from '../manifest/nearest.ts';
import type { ListedProvider } from '../registry/providers.ts';

/** Something that models are asked of: a provider as it comes, or a server that is spoken to as one does. */
export interface Service {
  /** The first word of its routes. */
  readonly id: string;
  readonly listed: Omit<ListedProvider, 'file' | 'plugin'>;
  readonly settings: ProviderConfig;
  /** What it is configured with. */
  readonly config: JsonObject;
  /** Loads it with the first call. */
  load(): Provider;
}

/** What services are made from. */
export interface ServiceSources {
  readonly listed: readonly ListedProvider[];
  readonly settings: ModelsConfig;
  /** Where relative paths start. */
  readonly cwd: string;
  /** The planner of toka itself. */
  readonly local: Provider | undefined;
}

/** Servers of models that are known by name, where they stand unless told otherwise. */
export const KNOWN_SERVERS: Readonly<Record<string, ProviderConfig>> = {
  ollama: { protocol: 'openai-compatible', baseURL: 'http://127.0.0.1:11434/v1' },
  lmstudio: { protocol: 'openai-compatible', baseURL: 'http://127.0.0.1:1234/v1' },
  'llama-server': { protocol: 'openai-compatible', baseURL: 'http://127.0.0.1:8080/v1' },
};

/**
 * Takes `PROVIDER/MODEL` apart.
 *
 * @throws TokaError TOKA_MODEL_UNKNOWN
 */
export function locate(route: string): { readonly id: string; readonly model: string } {
  const [, id, model] = /^([^/]+)\/(.+)$/s.exec(route) ?? [];
  if (id === undefined || model === undefined) throw new TokaError('TOKA_MODEL_UNKNOWN', `expected PROVIDER/MODEL, found "${route}"`, { hint: 'see toka models list' });
  return { id, model };
}

/** @throws TokaError TOKA_MODEL_UNKNOWN */
export function serviceOf(id: string, sources: ServiceSources): Service {
  const { listed, settings, local } = sources;
  const own: ProviderConfig = { ...KNOWN_SERVERS[id], ...settings.providers[id] };
  if (local && id === local.id) return { id, listed: local, settings: own, config: {}, load: () => local };
  const protocol = own.protocol ?? id;
  const found = listed.find((each) => each.id === protocol);
  if (!found) throw unknownProvider(protocol === id ? id : protocol, sources);
  let loaded: Provider | undefined;
  return { id, listed: found, settings: own, config: configOf(found, own, sources.cwd), load: () => (loaded ??= load(found)) };
}

/** The ids of all services. */
export function serviceIds({ listed, settings, local }: ServiceSources): string[] {
  return [...new Set([...listed.map(({ id }) => id), ...Object.keys(KNOWN_SERVERS), ...Object.keys(settings.providers), ...(local ? [local.id] : [])])];
}

function unknownProvider(id: string, sources: ServiceSources): TokaError {
  const known = serviceIds(sources).toSorted();
  const near = nearest(id, known);
  return new TokaError('TOKA_MODEL_UNKNOWN', `no provider of models is called "${id}"`, {
    hint: `${near === undefined ? '' : `did you mean ${near}? `}there are ${known.join(', ')}; a server is named under models.providers in your configuration`,
    data: { provider: id, providers: known },
  });
}

/** Of what there is to say, what the provider takes. */
function configOf({ configSchema }: ListedProvider, { baseURL, options }: ProviderConfig, cwd: string): JsonObject {
  const { properties = {} } = (configSchema ?? {}) as { readonly properties?: Readonly<Record<string, unknown>> };
  const facts: Readonly<Record<string, JsonValue | undefined>> = { folder: cwd, baseURL, ...options };
  return Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value !== undefined && Object.hasOwn(properties, name) ? [[name, value]] : [])));
}

function load({ file, plugin, id }: ListedProvider): Provider {
  const provider = loadContributed<Provider>(file, 'stream');
  if (!provider) throw new TokaError('TOKA_PROVIDER_UNAVAILABLE', `${plugin} names the provider ${id}, but its file defines none`, { hint: 'the plugin is defective' });
  return provider;
}
