import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { JsonValue } from '@toka/sdk';
import { TokaError, toTokaError } from '../errors.ts';
import { loadToolManifest } from '../manifest/load.ts';
import { type InstalledOptions, loadPluginManifest, type Plugin } from '../manifest/load-plugin.ts';
import type { Tool } from '../manifest/tool.ts';
import type { IndexOptions, Source } from './sources.ts';

type PackageSource = Extract<Source, { type: 'package' }>;

/** What a file declares, or why it declares nothing. */
export interface Declared {
  readonly file: string;
  readonly source: string;
  readonly stamp: string;
  readonly tools: readonly Tool[];
  /** The error as JSON. */
  readonly problem?: string;
  /** Of a plugin with a hook: what else decides whether this is out of date. */
  readonly watched?: readonly string[];
}

/** Reads the manifest of a plugin, and asks its hook: what that says must be valid, and counts once somebody has agreed to it. */
export async function declarePackage({ kind, packageFile, plugin }: PackageSource, stamp: string, { checkCapability, ask, answers }: Pick<IndexOptions, 'checkCapability' | 'ask' | 'answers'>): Promise<Declared> {
  const load = async (asking?: InstalledOptions['ask']): Promise<Plugin> => loadPluginManifest(packageFile, kind, checkCapability, plugin && { plugin, ask: asking });
  const watched: string[] = [];
  let isPending = false;
  let problem: string | undefined;
  const asking = ask && (async (...[origin, hook]: Parameters<typeof ask>): Promise<JsonValue> => {
    watched.push(hook, ...(answers === undefined ? [] : [answers]));
    const { answer, isAgreed } = await ask(origin, hook);
    isPending = !isAgreed;
    return answer;
  });
  const declared = await declareWith(packageFile, stamp, '', async () => {
    const { name, tools } = await load(asking);
    if (!isPending) return tools;
    problem = problemOf(pending(name));
    return (await load()).tools;
  });
  return { ...(problem === undefined ? {} : { problem }), ...declared, ...(watched.length === 0 ? {} : { watched }) };
}

function pending(name: string): TokaError {
  return new TokaError('TOKA_PLUGIN_CONSENT', `the hook toka:manifest of ${name} says what nobody has agreed to, so that is left out`, {
    hint: `toka plugins accept ${name} shows it, and asks`,
  });
}

/** A manifest that is to be read. Plain data. */
export interface ManifestFile {
  readonly file: string;
  readonly stamp: string;
  readonly source: Extract<Source, { type: 'folder' }>;
}

/** From so many manifests on, a thread saves more than its own start takes: 10,000 take half the time on two cores. */
const WORTH_A_THREAD = 500;

/** Parsing makes much that is soon thrown away: with V8's own figure, collecting it takes a tenth of the time. */
const YOUNG_MB = 64;

/** Reads and checks manifests, many of them on all cores; the result has their order. */
export async function declareManifests(files: readonly ManifestFile[], options: Pick<IndexOptions, 'checkCapability' | 'thread'>): Promise<Declared[]> {
  const { checkCapability, thread } = options;
  const parts = thread === undefined ? 1 : Math.min(availableParallelism(), Math.floor(files.length / WORTH_A_THREAD));
  if (thread === undefined || parts < 2) return declareEach(files, checkCapability);
  const size = Math.ceil(files.length / parts);
  const each = Array.from({ length: parts }, async (_, at) => {
    const part = files.slice(at * size, (at + 1) * size);
    return inThread(part, thread).catch(async () => declareEach(part, checkCapability));
  });
  return (await Promise.all(each)).flat();
}

export async function declareEach(files: readonly ManifestFile[], checkCapability: IndexOptions['checkCapability']): Promise<Declared[]> {
  const declared: Declared[] = [];
  for (const { file, stamp, source: { name, kind, root } } of files) {
    declared.push(
      await declareWith(file, stamp, name, async () => [await loadToolManifest(file, { source: name, kind, root, checkCapability })]),
    );
  }
  return declared;
}

/** Whatever is wrong with a manifest is kept in its place: one that cannot be read keeps no other from being found. */
async function declareWith(file: string, stamp: string, source: string, load: () => Promise<readonly Tool[]>): Promise<Declared> {
  try {
    return { file, source, stamp, tools: await load() };
  } catch (error) {
    return { file, source, stamp, tools: [], problem: problemOf(toTokaError(error)) };
  }
}

function problemOf({ code, message, hint, where, data }: TokaError): string {
  return JSON.stringify({ code, message, hint, where, data });
}

async function inThread(files: readonly ManifestFile[], thread: string): Promise<Declared[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Declared[]>();
  const worker = new Worker(thread, { workerData: files, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('a thread ended without its result')));
  return promise;
}
