import { dirname, resolve } from 'node:path';
import { type Budget, type Config, type EngineChoice, type FlowRule, type Limit, type ModelsConfig, NO_MODELS, type ProviderConfig, type ReplConfig, type Require, type Retention, type Rule } from './config.ts';
import type { Hook } from '../manifest/hook.ts';
import { locateFrom, type StorageChoice } from './storage.ts';

/** One configuration file and whose it is. */
export interface Layer {
  readonly origin: 'administrator' | 'user' | 'user-project' | 'project';
  /** Absolute. */
  readonly file: string;
  readonly config: Config;
  /** Whether the user trusts it; the user's own files always are. */
  readonly trusted: boolean;
}

/** A rule of the policy and where it comes from. */
export interface OriginRule extends Rule {
  readonly origin: Layer['origin'];
  readonly file: string;
}

/** A limit and the file that it stands in. */
export interface OriginLimit extends Limit {
  readonly file: string;
}

/** A rule about where values may come from, and the folder that its paths start from. */
export interface PlacedFlowRule extends FlowRule {
  /** Absolute. */
  readonly folder: string;
}

/** What all layers together say. */
export interface Settings {
  /** Rules of trusted layers. */
  readonly allow: readonly OriginRule[];
  /** Rules of every layer: an untrusted project may narrow. */
  readonly ask: readonly OriginRule[];
  readonly deny: readonly OriginRule[];
  readonly prefer: Readonly<Record<string, string>>;
  readonly require: Require;
  /** Limits of every layer, all of which hold. */
  readonly limits: readonly OriginLimit[];
  /** The least that any layer says. */
  readonly budget: Budget;
  /** Of trusted layers, those of the user first. */
  readonly hooks: readonly Hook[];
  /** Of trusted layers. */
  readonly flows: { readonly trusted: readonly string[]; readonly allow: readonly PlacedFlowRule[] };
  /** Of the nearest trusted layer that says it. */
  readonly storage?: StorageChoice;
  /** Of the nearest trusted layer that says it. */
  readonly engine?: EngineChoice;
  /** Of the nearest trusted layer that says it. */
  readonly retention?: Retention;
  /** Of the nearest trusted layer that says it. */
  readonly repl: ReplConfig;
  /** Of trusted layers; of each name what the nearest says. */
  readonly models: ModelsConfig;
  readonly plugins: {
    /** Names of packages that the user has agreed to beforehand, each with `*` for any text. */
    readonly agreed: readonly string[];
    /** Where the administrator names any: of others nothing is installed. */
    readonly only?: readonly string[];
  };
  /** Absolute folders with further manifests, with the layer that names them. */
  readonly paths: readonly { readonly path: string; readonly origin: Layer['origin'] }[];
}

/**
 * Merges layers, the lowest first. Of an untrusted project only what narrows counts: what it denies, what it wants asked, its limits and budget, and
 * `sandbox.require: hard`.
 *
 * @param named The journal that was chosen by hand, above all files.
 * @returns The settings; rules keep their order and their origin.
 */
export function mergeLayers(layers: readonly Layer[], named?: StorageChoice): Settings {
  const trusted = layers.filter((layer) => layer.trusted);
  const storages = trusted.filter(({ config }) => config.storage);
  const storage = storages.flatMap(({ file, config }) => (config.storage ? [locateFrom(dirname(file), config.storage)] : [])).at(-1);
  const engine = trusted.flatMap(({ config }) => (config.engine ? [config.engine] : [])).at(-1);
  // Others may share a journal that the user has named: a project says nothing of it.
  const isShared = named ? named.location !== undefined : storages.length > 0 && storages.at(-1)?.origin !== 'project';
  const retention = trusted.flatMap(({ origin, config }) => (config.retention && !(isShared && origin === 'project') ? [config.retention] : [])).at(-1);
  return {
    allow: trusted.flatMap((layer) => withOrigin(layer, layer.config.policy.allow)),
    ask: layers.flatMap((layer) => withOrigin(layer, layer.config.policy.ask)),
    deny: layers.flatMap((layer) => withOrigin(layer, layer.config.policy.deny)),
    prefer: Object.assign({}, ...trusted.map(({ config }) => config.prefer)) as Record<string, string>,
    require: mergeRequire(layers),
    limits: layers.flatMap(({ file, config }) => config.limits.map((limit) => ({ ...limit, file }))),
    hooks: trusted.flatMap(({ config }) => config.hooks ?? []),
    flows: {
      trusted: trusted.flatMap(({ config }) => config.flows?.trusted ?? []),
      allow: trusted.flatMap(({ config, file }) => config.flows?.allow.map((rule) => ({ ...rule, folder: dirname(file) })) ?? []),
    },
    ...(storage ? { storage } : {}),
    ...(engine ? { engine } : {}),
    ...(retention ? { retention } : {}),
    repl: Object.assign({}, ...trusted.map(({ config }) => config.repl)) as ReplConfig,
    models: trusted.reduce(mergeModels, NO_MODELS),
    plugins: mergePlugins(layers),
    budget: layers.map(({ config }) => config.budget).reduce(leastBudget, {}),
    paths: trusted.flatMap(({ file, origin, config }) =>
      config.tools.paths.map((path) => ({ path: resolve(dirname(file), path), origin })),
    ),
  };
}

/** A provider of which a nearer file says where it is keeps no key that a farther file names: that key is meant for another place. */
function mergeModels(farther: ModelsConfig, { file, config: { models } }: Layer): ModelsConfig {
  if (!models) return farther;
  const folder = dirname(file);
  const providers = Object.entries(models.providers).map(([id, nearer]): [string, ProviderConfig] => {
    const { keyEnv: _keyEnv, keyFile: _keyFile, ...moved } = farther.providers[id] ?? {};
    const { keyFile } = nearer;
    const before = nearer.baseURL === undefined || nearer.baseURL === farther.providers[id]?.baseURL ? farther.providers[id] : moved;
    return [id, { ...before, ...nearer, ...(keyFile === undefined ? {} : { keyFile: resolve(folder, keyFile) }) }];
  });
  return {
    roles: { ...farther.roles, ...models.roles },
    fallbacks: { ...farther.fallbacks, ...models.fallbacks },
    providers: { ...farther.providers, ...Object.fromEntries(providers) },
  };
}

/** A project, trusted or not, brings no plugins: they act for their user in all projects. */
function mergePlugins(layers: readonly Layer[]): Settings['plugins'] {
  const of = (origins: readonly Layer['origin'][]): string[][] => layers.flatMap(({ origin, config }) => (config.plugins && origins.includes(origin) ? [[...config.plugins.allow]] : []));
  const [only] = of(['administrator']);
  return { agreed: of(['user', 'user-project']).flat(), ...(only ? { only } : {}) };
}

/** What both budgets leave. */
export function leastBudget(one: Budget, other: Budget): Budget {
  const least: { -readonly [name in keyof Budget]: number } = { ...one, ...other };
  for (const name of Object.keys(least) as (keyof Budget)[]) least[name] = Math.min(one[name] ?? Infinity, other[name] ?? Infinity);
  return least;
}

function withOrigin({ origin, file }: Layer, rules: readonly Rule[]): OriginRule[] {
  return rules.map((rule) => ({ ...rule, origin, file }));
}

/** Any layer raises the demand; only the user's file for this very project lowers it again, but never what the administrator demands. */
function mergeRequire(layers: readonly Layer[]): Require {
  if (layers.some(({ origin, config }) => origin === 'administrator' && config.sandbox.require === 'hard')) return 'hard';
  const own = layers.find(({ origin }) => origin === 'user-project')?.config.sandbox.require;
  return own ?? (layers.some(({ config }) => config.sandbox.require === 'hard') ? 'hard' : 'watchdog');
}
