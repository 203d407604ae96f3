import { resolve } from 'node:path';
import type { CallResult, ProcessResult, SpawnOptions, ToolContext } from '@toka/sdk';
import type { EffectiveSet } from '../capability/effective.ts';
import { printCapability } from '../capability/grammar.ts';
import type { Missing } from '../capability/policy.ts';
import { reachOf } from '../capability/reach.ts';
import { TokaError } from '../errors.ts';
import { fetchWhole, serverOf } from './tool-fetch.ts';
import { createToolFs } from './tool-fs.ts';

/** How a tool reaches back into the pipeline; each call is a child run. */
export interface Children {
  spawn(argv: readonly [string, ...string[]], options: SpawnOptions): Promise<ProcessResult>;
  call(tool: string, params: Readonly<Record<string, unknown>>): Promise<CallResult>;
}

export interface ContextOptions {
  readonly runId: string;
  readonly idempotencyKey: string;
  readonly cwd: string;
  readonly root: string;
  readonly signal: AbortSignal;
  /** Throws where the principal does not hold any more; asked at each use. */
  demandHolds?(): void;
  /** Asked before a file is changed. */
  beforeChange?(): Promise<void>;
  readonly effective: EffectiveSet;
  readonly fallen: readonly Missing[];
  /** Absolute paths that no run may see. */
  readonly hidden: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly children: Children;
  /** Milliseconds since 1970. */
  now(): number;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
  progress: ToolContext['progress'];
}

/** Makes what a native tool may use: every part of it asks the effective set at each use. */
export function createToolContext({ demandHolds, beforeChange, effective, fallen, hidden, children, env, cwd, signal, ...rest }: ContextOptions): ToolContext {
  const hiding = (path: string): string | undefined => hidden.find((folder) => path === folder || path.startsWith(`${folder}/`));
  const allows = (action: 'read' | 'write', path: string): boolean => {
    demandHolds?.();
    return effective.allows('fs', action, path) && hiding(path) === undefined;
  };
  const hint = (action: 'read' | 'write', path: string): string => {
    const folder = hiding(path);
    return folder === undefined ? `grant it with --allow 'fs:${action}:${path}'` : `${folder} is toka's own and hidden from every run, whatever is granted`;
  };
  const demand = demander(effective, demandHolds);
  const fs = createToolFs({ cwd, allows, hint, signal });
  return {
    runId: rest.runId,
    idempotencyKey: rest.idempotencyKey,
    root: rest.root,
    cwd,
    signal,
    capabilities: effective.print(),
    missing: fallen.map(({ capability }) => printCapability(capability)),
    fs: beforeChange
      ? {
          ...fs,
          write: async (path, data, options) => {
            await beforeChange();
            return fs.write(path, data, options);
          },
        }
      : fs,
    ...guarded({ children, cwd, effective, demandHolds }),
    fetch: async (url, options = {}) => {
      demandHolds?.();
      const target = serverOf(url);
      if (!reachOf(effective).allows(target.host, target.port)) throw denied(`net:connect:${target.host}:${target.port}`);
      return fetchWhole(url, options, signal);
    },
    env: (name) => {
      demand('env', 'read', name);
      return env[name];
    },
    now: rest.now,
    log: rest.log,
    progress: rest.progress,
  };
}

/** Children that a tool starts only as far as it was granted. */
export function guarded({ children, cwd, effective, demandHolds }: Pick<ContextOptions, 'children' | 'cwd' | 'effective'> & { readonly demandHolds: (() => void) | undefined }): Pick<ToolContext, 'call' | 'spawn'> {
  const demand = demander(effective, demandHolds);
  return {
    spawn: async (argv, options = {}) => {
      demand('proc', 'exec', argv[0].includes('/') ? resolve(options.cwd ?? cwd, argv[0]) : argv[0]);
      return children.spawn(argv, options);
    },
    call: async (tool, params) => {
      demand('tool', 'call', tool);
      return children.call(tool, params);
    },
  };
}

type Demander = (domain: 'proc' | 'tool' | 'env', action: string, value: string) => void;

function demander(effective: EffectiveSet, demandHolds: (() => void) | undefined): Demander {
  return (domain, action, value) => {
    demandHolds?.();
    if (!effective.allows(domain, action, value)) throw denied(`${domain}:${action}:${value}`);
  };
}

function denied(capability: string): TokaError {
  return new TokaError('TOKA_CAPABILITY_DENIED', `the tool used ${capability}, which this run was not granted`, {
    hint: `grant it with --allow '${capability}', and declare it in the tool's manifest`,
    data: { missing: [capability] },
  });
}
