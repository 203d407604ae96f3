import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@toka/sdk';
import type { Policy } from './capability/policy.ts';
import type { Sessions } from './agent/session/sessions.ts';
import { coverage } from './capability/covers.ts';
import { userSecret } from './capability/user-secret.ts';
import { type Keyring, openKeyring } from './capability/keyring.ts';
import { rateLimits } from './capability/limits.ts';
import { Principal } from './capability/principal.ts';
import type { Identities } from './capability/token/identity.ts';
import type { Tokens } from './capability/token/tokens.ts';
import { policyOf } from './capability/rules.ts';
import { sessionGrants } from './capability/session.ts';
import { trustFileOf } from './capability/trust.ts';
import type { EngineChoice, ReplConfig, Retention } from './config/config.ts';
import { ownPackage } from './config/package-root.ts';
import { type Project, stateFolder } from './config/paths.ts';
import { locateFrom, placeOf, type StorageChoice } from './config/storage.ts';
import { toTokaError } from './errors.ts';
import type { Journal } from './journal/contract.ts';
import { createIds, systemClock, systemRandom } from './journal/ids.ts';
import { openJournal } from './journal/journal.ts';
import { thisProcess } from './journal/process.ts';
import type { Level, SandboxOverrides } from './manifest/tool.ts';
import type { CustomCommand } from './agent/skills/commands.ts';
import type { Surroundings } from './agent/skills/places.ts';
import type { Candidate, Models, Prompt } from './model/port.ts';
import type { Approver, Confirmer, House, Inquirer, Reviewer } from './pipeline/house.ts';
import type { AgentContext, AgentParams } from './pipeline/agent/port.ts';
import { demandRequest } from './pipeline/demand.ts';
import { promptParams } from './pipeline/prompt/params.ts';
import type { AgentRequest, CodeRequest, Command, ExecutionRequest, PromptRequest, ToolRequest } from './pipeline/request.ts';
import type { ReplayReport, ReplayRequest, Retellable } from './pipeline/replay/replay.ts';
import type { RunResult } from './pipeline/result.ts';
import type { Found, ResumeRequest } from './pipeline/resume.ts';
import type { Run } from './pipeline/run.ts';
import type { IndexedTool, RegistryIndex } from './registry/index-file.ts';
import { type Lock, openLock } from './registry/lock/lock.ts';
import type { ToolChange } from './registry/watch.ts';
import { type ListedRuntime, listRuntimes } from './registry/runtimes.ts';
import { realPathOf } from './runtime/tool-fs-locate.ts';
import { lazily, retried } from './once.ts';
import { storageFor } from './recording.ts';
import { type Trust, trustOf } from './project-trust.ts';
import { openWorkspace, pluginFiles, requireIntactTool, type WorkspaceOptions } from './workspace.ts';
import { recordFolder } from './registry/plugins/record.ts';

export type { Trust } from './project-trust.ts';
export type { LiveEvent } from './pipeline/events.ts';
export type { AgentParams } from './pipeline/agent/port.ts';
export type { ListedModel, ListedService, Models, ModelsOverview } from './model/port.ts';
export type { AgentRequest, CodeRequest, Command, ExecutionRequest, PromptRequest, ToolRequest } from './pipeline/request.ts';
export type { ReplayReport, Retellable } from './pipeline/replay/replay.ts';
export type { Found } from './pipeline/resume.ts';
export type { ResultError, ResultUsage, RunResult } from './pipeline/result.ts';
export type { Budget } from './config/config.ts';
export type { StorageChoice } from './config/storage.ts';
export type { ToolChange } from './registry/watch.ts';
export { TokaError, type ErrorCode } from './errors.ts';

export interface TokaOptions extends WorkspaceOptions {
  /** Asks a person for what no rule grants. Default: nobody is asked. */
  readonly approver?: Approver | undefined;
  /** Asks a person whether an agent may pass on a value that others may have chosen. Default: nobody is asked, and it may not. */
  readonly confirmer?: Confirmer | undefined;
  /** Asks a person about a tool that is not as the project's lock says. Default: nobody is asked, and it does not run. */
  readonly reviewer?: Reviewer | undefined;
  /** Whether the journal is only looked at, which also works where it cannot be written; no run is carried out then. Default false. */
  readonly readOnly?: boolean;
  /** Whether a thread of its own keeps the journal, so that neither a lock nor the disk stops this one. Default false. */
  readonly journalThread?: boolean;
  /**
   * How many processes may wait, each for the next run of a tool or of code in the same sandbox, which then starts at once: for programs that live
   * long. Default 0.
   */
  readonly warmProcesses?: number;
  /** Asks the person for what only they know, where an agent wants to. Default: nobody is there. */
  readonly inquirer?: Inquirer | undefined;
  /** Told where an internal error of a run (`TOKA_INTERNAL`) comes from: a stack, without secrets. Default: nobody is told. */
  readonly onDefect?: ((origin: string) => void) | undefined;
  /** Through which requests come; it is recorded. Default `api`. */
  readonly door?: 'cli' | 'api';
}

/** What a caller says of a run beside what it asks for. */
export type RequestOptions = Partial<Pick<ToolRequest, 'allow' | 'budget' | 'deny' | 'frozen' | 'input' | 'isFresh' | 'onEvent' | 'record' | 'runId' | 'signal' | 'timeoutMs'>>;

/** Source text, and what is to be known of it. */
export interface Code {
  readonly language: string;
  readonly source: string;
  /** What messages call it. Default `<code>`. */
  readonly name?: string;
  readonly params?: JsonObject;
  readonly requirements?: readonly string[];
  /** Default `restricted`. */
  readonly level?: Level;
  readonly limits?: SandboxOverrides;
  /** What it shall have, which must be granted: by policy, or by `allow` of the request. Default nothing. */
  readonly capabilities?: readonly string[];
}

/** What a caller says of a run that is to go on. */
export type ResumeOptions = Partial<Omit<ResumeRequest, 'door'>>;

/** What a caller says of a replay. */
export type ReplayOptions = Partial<Omit<ReplayRequest, 'door'>>;

/** toka, wired: every door works through one of these. */
export interface Toka {
  readonly project: Project | undefined;
  /** The folder that relative scopes start at: the project's root, or the caller's folder. */
  readonly root: string;
  /** The project's configuration, where it is not trusted: its rules do not count. */
  readonly untrustedConfig: string | undefined;
  /** Whether some capabilities, as people write them here, include another. */
  covers(held: readonly string[], asked: string): boolean;
  /** Asks for a tool by its name, or for a command without a manifest. */
  /** Asks for source text to be run. */
  code(code: Code): CodeRequest;
  /** Asks for an agent to be run. */
  agent(name: string, params: AgentParams): AgentRequest;
  /** Asks for a model to be asked, that one and no other. */
  prompt(candidate: Candidate, prompt: Prompt): PromptRequest;
  /** What a person can say to an agent by the name of a file. */
  customCommands(): Promise<CustomCommand[]>;
  /** What stands here for every agent: memory and skills. */
  agentContext(): Promise<AgentContext>;
  /** The conversations with agents. */
  sessions(): Promise<Sessions>;
  /** The runtimes that are installed, and the languages that they run. */
  runtimes(): readonly ListedRuntime[];
  request(target: { readonly name: string } | { readonly command: Command }, params: Readonly<Record<string, unknown>>): ToolRequest;
  /** Carries a request out. Whatever goes wrong is a result with an error; only what is no request is thrown (TOKA_USAGE). */
  run(request: ExecutionRequest): Promise<RunResult>;
  /** A run whose process is gone, and what has to be known before it can go on. Throws TOKA_RUN_UNKNOWN, TOKA_RUN_ACTIVE, TOKA_RUN_NOT_RESUMABLE. */
  interrupted(run: string): Promise<Found>;
  /** Goes on with it. Throws what keeps it from being asked for; whatever goes wrong then is a result with an error. */
  resume(found: Found, options?: ResumeOptions): Promise<RunResult>;
  /** Records what a person says of how it ended. */
  mark(found: Found, as: 'succeeded' | 'failed', principal?: Principal): Promise<RunResult>;
  /** A run that was recorded with all that it was answered, and has ended. Throws TOKA_RUN_UNKNOWN, TOKA_RUN_ACTIVE, TOKA_RUN_NOT_RECORDED. */
  retellable(run: string): Promise<Retellable>;
  /** Tells it again from its record, or does it once more, and compares. Throws what keeps it from being compared. */
  replay(found: Retellable, options?: ReplayOptions): Promise<ReplayReport>;
  /** What a run may do as things stand, need by need. Throws what keeps it from being decided. */
  decide(request: ExecutionRequest): Promise<Run>;
  /** Everything up to, and without, the record and the run itself. Throws what the run would end with at that point. */
  prepare(request: ExecutionRequest): Promise<Run>;
  /** Throws TOKA_TOOL_UNKNOWN, TOKA_TOOL_AMBIGUOUS. */
  findTool(name: string): Promise<IndexedTool>;
  /** `rebuild`: looks at every manifest anew. */
  index(options?: { readonly rebuild?: boolean }): Promise<RegistryIndex>;
  /** Tells of tools that come, go or change, until the signal ends that. Looks every second, unless told otherwise. */
  watchTools(tell: (change: ToolChange) => void, options: { readonly signal: AbortSignal; readonly everyMs?: number }): Promise<void>;
  journal(): Promise<Journal>;
  /** The models that can be asked here; what is said to them is no run unless the pipeline does it. */
  models(): Promise<Models>;
  /** What the configuration says is kept of runs that have ended. */
  readonly retention: Retention | undefined;
  /** What runs are given to, where the configuration says it, and where the journal is. */
  readonly places: { readonly engine: EngineChoice | undefined; readonly storage: StorageChoice };
  /** How a conversation on a terminal is to look. */
  readonly repl: ReplConfig;
  readonly trust: Trust;
  /** The lock of the project, where there is a project. */
  readonly lock: Lock | undefined;
  /** The user's keys; the first is made when one is needed. */
  readonly keyring: Keyring;
  /** What is handed on to others, and what others handed on. */
  tokens(): Promise<Tokens>;
  /** What says to others who somebody is. */
  identities(): Promise<Identities>;
  /** Who acts with the token in a file: put it into a request to limit the run. One whose token does not hold is denied everything, with the reason. */
  bearer(tokenFile: string): Promise<Principal>;
  close(): Promise<void>;
}

/** How long a process waits for a run, in milliseconds. */
const IDLE_MS = 120_000;

/**
 * Opens toka for a folder.
 *
 * @throws TokaError TOKA_CONFIG_INVALID, TOKA_POLICY_UNSAFE, TOKA_INTEGRITY (the list of trusted projects is damaged)
 * @example
 * const toka = await createToka({ cwd: '/srv/website' });
 * const result = await toka.run(toka.request({ name: 'file-lister' }, { path: '.' }));
 * await toka.close();
 */
export async function createToka(options: TokaOptions = {}): Promise<Toka> {
  const { cwd, env, folders, project, root, anchors, layers, settings, registry, agents, plugins } = await openWorkspace(options);
  const findTool = async (name: string): Promise<IndexedTool> => {
    const found = await registry.find(name);
    requireIntactTool(found.tool, plugins, folders.cache);
    return found;
  };
  const trustFile = trustFileOf(folders.state, root);
  const state = stateFolder(project?.root, env);
  const choice = (options.storage && locateFrom(cwd, options.storage)) ?? settings.storage ?? { backend: 'sqlite' };
  const place = placeOf(choice, { root, state, mustBeThere: options.storage !== undefined && options.readOnly === true });
  const once = retried(async () =>
    openJournal(place.location, {
      clock: systemClock,
      readOnly: options.readOnly === true,
      ...(project && choice.location === undefined ? { root } : {}),
      ...(await storageFor(choice.backend, options, env)),
    }),
  );
  const rules = lazily((): Policy => policyOf(settings, anchors));
  const policy = (): Policy => ({ ...rules.get(), grants: [...rules.get().grants, ...sessionGrants(folders.state, root)] });
  const runtimes = lazily(() => listRuntimes(pluginFiles(env)));
  const models = retried(async () => {
    const [{ openModels }, { planner }] = await Promise.all([import('./model/gateway.ts'), import('./agent/planner/planner.ts')]);
    return openModels({ local: planner, packageFiles: pluginFiles(env), settings: settings.models, env, cwd, clock: systemClock, random: Math.random, sleep: async (ms, signal) => sleep(ms, undefined, { signal }) });
  });
  const meaning = retried(async () => (await import('./registry/search/meaning.ts')).openMeaning(pluginFiles(env), folders.cache));
  const warm = (options.warmProcesses ?? 0) > 0 ? retried(async () => new (await import('./runtime/sandboxed.ts')).WarmProcesses({ processes: options.warmProcesses ?? 0, idleMs: IDLE_MS })) : undefined;
  const lock = project ? openLock(root, coverage(anchors)) : undefined;
  const trust = trustOf(project, trustFile);
  const agentContext = async (folder: string): Promise<AgentContext> => (await import('./agent/context.ts')).loadContext({ ...surroundings(), cwd: folder });
  const surroundings = (): Surroundings => ({ config: folders.config, home: anchors.home, root, isProjectTrusted: project !== undefined && trust.state() === 'trusted' });
  let [hasRunCode, isClosed] = [false, false];
  const house: House = {
    findTool,
    runtimes: () => {
      hasRunCode = true;
      return runtimes.get();
    },
    allTools: async () => {
      const index = await registry.index();
      return (index.isFresh() ? index : await registry.index({ rebuild: true })).tools();
    },
    likeness: async (query, tools) => (await meaning.get())?.likeness(query, tools),
    findAgent: agents.find,
    runAgent: async (order, host) => (await import('./agent/loop.ts')).runAgent(order, host),
    models: models.get,
    inquirer: options.inquirer,
    toolNames: async () => (await registry.index()).list().map(({ qualified }) => qualified),
    runtimeFolder: (id) => join(folders.data, 'runtimes', id),
    warm: warm?.get,
    mismatches: registry.mismatches,
    policy,
    limits: lazily(() => rateLimits(settings.limits)).get,
    budget: settings.budget,
    anchors,
    projectRoot: project?.root,
    untrustedConfig: layers.find(({ trusted }) => !trusted)?.file,
    hooks: () => settings.hooks,
    agentContext,
    trust: lazily(() => ({
      isProjectTrusted: project !== undefined && trust.state() === 'trusted',
      trustedTools: settings.flows.trusted,
      rules: settings.flows.allow,
    })).get,
    approver: options.approver,
    confirmer: options.confirmer,
    onDefect: options.onDefect,
    lock,
    reviewer: options.reviewer,
    cacheSecret: lazily(() => userSecret(join(folders.state, 'keys', 'cache'))).get,
    journal: once.get,
    child: async (request) => (await pipeline()).carryOut(house, request),
    identify: async (request) => (await pipeline()).identify(house, request),
    process: lazily(thisProcess).get,
    clock: systemClock,
    nextId: createIds(systemClock, systemRandom),
    env,
    demand: { require: settings.require },
    version: ownPackage().version,
    // By their real paths, which is what a file is known by when it is used.
    hidden: [...new Set([state, ...(place.folder === undefined ? [] : [place.folder]), folders.state, folders.config, folders.cache, recordFolder(folders.data)].map(realPathOf))],
  };
  const keyring = openKeyring(join(folders.state, 'keys'), systemClock);
  const tokens = async (): Promise<Tokens> => (await import('./capability/token/open.ts')).openTokens({ folder: join(folders.state, 'keys'), keyring, clock: systemClock, anchors });
  const identities = async (): Promise<Identities> =>
    (await import('./capability/token/identity.ts')).openIdentities({ folder: join(folders.state, 'keys'), keyring, clock: systemClock, anchors });
  const bearer = async (tokenFile: string): Promise<Principal> => bearerOf(resolve(cwd, tokenFile), tokens, options);
  const tokenFile = env['TOKA_TOKEN_FILE'] ?? '';
  const isBound = tokenFile !== '' && options.readOnly !== true;
  const principal = isBound ? await bearer(tokenFile) : Principal.person(localUser());
  return {
    project,
    root,
    untrustedConfig: house.untrustedConfig,
    covers: coverage(anchors),
    request: (target, params) => ({
      model: 'tool',
      principal,
      door: options.door ?? 'api',
      cwd,
      params,
      target: 'name' in target ? { kind: 'named', name: target.name } : { kind: 'command', command: target.command },
    }),
    code: ({ language, source, name = '<code>', params = {}, requirements = [], level = 'restricted', limits = {}, capabilities = [] }) => ({
      model: 'code',
      principal,
      door: options.door ?? 'api',
      cwd,
      language,
      params: { source, name, params, requirements },
      level,
      limits,
      capabilities,
    }),
    agent: (name, params) => ({ model: 'agent', principal, door: options.door ?? 'api', cwd, agent: name, params }),
    prompt: (candidate, prompt) => ({
      model: 'prompt',
      principal,
      door: options.door ?? 'api',
      cwd,
      route: candidate.route,
      prompt,
      params: promptParams(prompt),
      candidates: async () => [candidate],
      onReply: () => undefined,
    }),
    sessions: async () => (await import('./agent/session/sessions.ts')).openSessions({ journal: await once.get(), root: project?.root ?? root, nextId: house.nextId, clock: systemClock }),
    runtimes: runtimes.get,
    run: async (request) => (await pipeline()).execute(house, demandRequest(request, { isClosed })),
    interrupted: async (run) => (await resumption()).inspect(house, run),
    resume: async (found, resumeOptions = {}) => (await resumption()).resume(house, found, { principal, door: options.door ?? 'api', ...resumeOptions }),
    mark: async (found, as, by = principal) => (await resumption()).mark(house, found, as, by),
    retellable: async (run) => (await replays()).retellable(house, run),
    replay: async (found, replayOptions = {}) => (await replays()).replay(house, found, { principal, door: options.door ?? 'api', ...replayOptions }, await pipeline()),
    decide: async (request) => (await pipeline()).decide(house, request),
    prepare: async (request) => (await pipeline()).prepare(house, request),
    findTool: registry.find,
    index: registry.index,
    watchTools: async (tell, { signal, everyMs = 1000 }) => (await import('./registry/watch.ts')).watchTools(registry, project?.root, { signal, everyMs }, tell),
    journal: once.get,
    models: models.get,
    retention: settings.retention,
    places: { engine: settings.engine, storage: choice },
    repl: settings.repl,
    trust,
    agentContext: async () => agentContext(cwd),
    customCommands: async () => (await import('./agent/skills/commands.ts')).listCommands(surroundings()),
    lock,
    keyring,
    tokens,
    identities,
    bearer,
    async close() {
      isClosed = true;
      if (hasRunCode) await (await import('./runtime/code/close.ts')).closeRuntimes(runtimes.get());
      registry.close();
      for (const opened of [await warm?.peek(), await once.peek()]) await opened?.close();
    },
  };
}

/** The person who started this process, as runs and tokens name them. */
export function localUser(): string {
  return `user:${process.getuid?.() ?? 'local'}`;
}

/** Whoever comes with a token that does not hold may do nothing; each run says why, and is recorded as denied. */
async function bearerOf(file: string, tokens: Toka['tokens'], { door, storage }: TokaOptions): Promise<Principal> {
  try {
    const { bearerFrom } = await import('./capability/token/open.ts');
    return bearerFrom(file, await tokens(), { hasChosenJournal: door === 'cli' && storage !== undefined });
  } catch (error) {
    return Principal.refused(toTokaError(error));
  }
}

/** Each `import` of what is loaded already takes as long as half of the stages of a run. */
const pipeline = retried(async () => import('./pipeline/execute.ts')).get;

async function resumption(): Promise<typeof import('./pipeline/resume.ts')> {
  return import('./pipeline/resume.ts');
}

async function replays(): Promise<typeof import('./pipeline/replay/replay.ts')> {
  return import('./pipeline/replay/replay.ts');
}
