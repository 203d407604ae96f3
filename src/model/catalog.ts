import { readFileSync } from 'node:fs';
import type { ModelPrice } from '../config/config.ts';
import type { ModelUsage } from './port.ts';
import type { Service } from './services.ts';

/** What is known of a model. */
export interface KnownModel {
  /** Tokens that fit into a conversation. */
  readonly context?: number;
  /** What it costs, and since when that is known to be so; absent where nobody says. */
  readonly price?: ModelPrice & { readonly asOf?: string; readonly above?: ModelPrice & { readonly tokens: number } };
}

/** A file of a provider that says what is known of its models. */
interface Catalog {
  /** When its figures were true. */
  readonly asOf: string;
  /** Which model serves which role. */
  readonly roles?: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, CatalogModel>>;
}

interface CatalogModel extends Partial<ModelPrice> {
  readonly context?: number;
  /** The last day of the price, where that is known to end. */
  readonly until?: string;
  /** What a request costs that is longer. */
  readonly above?: ModelPrice & { readonly tokens: number };
}

/** What is known of a model: what the configuration says before what its provider's catalog says. */
export function knownModel({ listed, settings }: Service, model: string, now: number): KnownModel {
  const own = settings.models?.[model] ?? {};
  const catalog = catalogOf(listed.catalog);
  // A name may end with the day of its release.
  const found = catalog?.models[model] ?? catalog?.models[model.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '')];
  const context = own.context ?? found?.context ?? settings.context;
  const price = own.price ?? (found && catalog ? priceOf(found, catalog.asOf, now) : isFree(listed, settings) ? FREE : undefined);
  return { ...(context === undefined ? {} : { context }), ...(price ? { price } : {}) };
}

/** The model of a provider that serves a role, where its catalog names one. */
export function modelFor(role: string, { listed }: Pick<Service, 'listed'>): string | undefined {
  const { roles } = catalogOf(listed.catalog) ?? {};
  return roles?.[role] ?? roles?.['work'];
}

/** The names of the models that a provider's catalog knows. */
export function catalogModels({ listed }: Pick<Service, 'listed'>): readonly string[] {
  return Object.keys(catalogOf(listed.catalog)?.models ?? {});
}

/** What was used costs so many millionths of a US dollar; undefined where that is not known, or nothing is sold. */
export function costOf({ inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 }: ModelUsage, price: KnownModel['price']): number | undefined {
  if (!price || price === FREE || inputTokens === undefined || outputTokens === undefined) return undefined;
  const { above } = price;
  const { input, output, cached = input, cacheWrite = input } = above && inputTokens > above.tokens ? above : price;
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens);
  // Dollars for a million are millionths for one.
  return Math.ceil(plain * input + cachedTokens * cached + cacheWriteTokens * cacheWrite + outputTokens * output);
}

const FREE: ModelPrice = { input: 0, output: 0 };

/** What runs on this machine, or is no model at all, is not sold. */
function isFree({ isLanguageModel }: Service['listed'], { baseURL }: Service['settings']): boolean {
  return isLanguageModel === false || (baseURL !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(baseURL).hostname));
}

const catalogs = new Map<string, Catalog | undefined>();

function catalogOf(file: string | undefined): Catalog | undefined {
  if (file === undefined) return undefined;
  if (!catalogs.has(file)) catalogs.set(file, readCatalog(file));
  return catalogs.get(file);
}

/** A catalog that cannot be read says nothing. */
function readCatalog(file: string): Catalog | undefined {
  try {
    const catalog = JSON.parse(readFileSync(file, 'utf8')) as Partial<Catalog>;
    return typeof catalog.asOf === 'string' && typeof catalog.models === 'object' ? (catalog as Catalog) : undefined;
  } catch {
    return undefined;
  }
}

function priceOf({ context: _context, until, above, input, output, ...rest }: CatalogModel, asOf: string, now: number): KnownModel['price'] | undefined {
  if (input === undefined || output === undefined) return undefined;
  // After its last day nobody knows.
  if (until !== undefined && now >= Date.parse(until) + DAY_MS) return undefined;
  return { ...rest, input, output, asOf, ...(above ? { above } : {}) };
}

const DAY_MS = 86_400_000;
