import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { hexDigest } from '../digest.ts';
import { TokaError, toTokaError } from '../errors.ts';
import type { AgentSpec } from '../manifest/agent/spec.ts';
import type { CheckCapability } from '../manifest/checks.ts';
import { nearest } from '../manifest/nearest.ts';
import { type AgentCache, throughCache } from './agent-cache.ts';

/** A folder that agents come from, each in a file of its name. */
export interface AgentFolder {
  /** What qualifies the name: `toka`, `user`, `project`. */
  readonly source: string;
  readonly kind: AgentSpec['origin']['kind'];
  readonly folder: string;
}

/** The file of an agent. */
export interface AgentFile {
  readonly name: string;
  readonly source: string;
  readonly kind: AgentSpec['origin']['kind'];
  readonly file: string;
}

/** An agent of a list, or why it is none. */
export interface ListedAgent extends AgentFile {
  readonly spec?: AgentSpec;
  readonly error?: TokaError;
}

/** The agents that are known in one place. */
export interface Agents {
  /** Throws TOKA_AGENT_UNKNOWN, TOKA_AGENT_AMBIGUOUS, TOKA_MANIFEST_INVALID. */
  find(name: string): Promise<AgentSpec>;
  /** By name, broken ones among them. */
  list(): Promise<ListedAgent[]>;
  /** The files alone, which is quick: nothing of them is read. */
  files(): AgentFile[];
}

export interface AgentOptions {
  /** From the configuration: the source to take for a name that several sources have. */
  readonly prefer: Readonly<Record<string, string>>;
  /** Says what is wrong with the text of a capability, or nothing. */
  readonly checkCapability: CheckCapability;
  readonly cache: AgentCache;
}

/** The agents of these folders. */
export function openAgents(folders: readonly AgentFolder[], { prefer, checkCapability, cache }: AgentOptions): Agents {
  const load = async ({ file, kind, name }: AgentFile): Promise<AgentSpec> => {
    const built = kind === 'bundled' ? builtSpec(name, file) : undefined;
    if (built) return built;
    return throughCache(file, cache, async () => {
      const { loadAgent } = await import('../manifest/agent/load.ts');
      return loadAgent(file, { kind, checkCapability });
    });
  };
  const files = (): AgentFile[] => folders.flatMap(filesOf).toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    files,
    find: async (name) => load(choose(files(), name, prefer)),
    list: async () => Promise.all(files().map(async (found): Promise<ListedAgent> => load(found).then((spec) => ({ ...found, spec }), (thrown: unknown) => ({ ...found, error: toTokaError(thrown) })))),
  };
}

function filesOf({ source, kind, folder }: AgentFolder): AgentFile[] {
  return agentFilesIn(folder).map((name) => ({ name: basename(name, extname(name)), source, kind, file: join(folder, name) }));
}

/** What the build has made of a file that comes with toka, where the file is still that: reading its schema takes as long as all the rest of a start. */
function builtSpec(name: string, file: string): AgentSpec | undefined {
  try {
    const specs = JSON.parse(readFileSync(join(packageRoot(), 'dist', 'agents.json'), 'utf8')) as Readonly<Record<string, AgentSpec>>;
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    return spec?.hash === hexDigest(readFileSync(file)) ? { ...spec, origin: { kind: 'bundled', file } } : undefined;
  } catch {
    return undefined;
  }
}

/** The names of the files of a folder that each describe an agent. */
export function agentFilesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  } catch {
    // A folder that is not there, or is closed to us, has no agents.
    return [];
  }
}

function choose(files: readonly AgentFile[], asked: string, prefer: Readonly<Record<string, string>>): AgentFile {
  const [, source, name = ''] = /^(?:(.*)\/)?(.*)$/s.exec(asked) ?? [];
  const named = files.filter((each) => each.name === name && (source === undefined || source === 'agent' || source === each.source));
  const [only, second] = named;
  if (only && !second) return only;
  if (!only) throw unknown(files, asked);
  const preferred = Object.hasOwn(prefer, name) ? named.filter((each) => each.source === prefer[name]) : [];
  if (preferred[0] && preferred.length === 1) return preferred[0];
  throw ambiguous(named, name);
}

function ambiguous(named: readonly AgentFile[], name: string): TokaError {
  const candidates = [...new Set(named.map(({ source }) => `${source}/${name}`))];
  return new TokaError('TOKA_AGENT_AMBIGUOUS', `"${name}" is the name of ${named.length} agents: ${named.map(({ source, file }) => `${source}/${name} (${file})`).join(', ')}`, {
    hint:
      candidates.length === named.length
        ? `use one of the full names, or set prefer: { ${name}: ${named[0]?.source} } in the configuration`
        : 'two files of one source have the same name: rename one of them',
    data: { candidates, files: named.map(({ file }) => file) },
  });
}

function unknown(files: readonly AgentFile[], asked: string): TokaError {
  const near = nearest(asked, files.map(({ name }) => name));
  return new TokaError('TOKA_AGENT_UNKNOWN', `no agent is named "${asked}"`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}toka agent list shows all of them`,
    data: { name: asked, ...(near === undefined ? {} : { suggestion: near }) },
  });
}
