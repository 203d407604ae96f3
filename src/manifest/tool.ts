import type { Effect, JsonSchema, JsonValue } from '@toka/sdk';

/** How much a tool may use at the most; the figures are in levels.ts. */
export type Level = 'restricted' | 'standard' | 'elevated';

/** How the value of a parameter reaches a process. A native tool receives its parameters as an object and declares none. */
export type Pass =
  | { readonly kind: 'flag'; readonly flag: string; readonly style: 'separate' | 'equals' }
  | { readonly kind: 'positional'; readonly position: number }
  | { readonly kind: 'file'; readonly flag: string; readonly style: 'separate' | 'equals' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'stdin' };

/** What the value of a parameter decides: to whom, where to, on what, or what is done; `content` is only said. */
export type ParameterRole = 'recipient' | 'url' | 'path' | 'command' | 'content';

/** A parameter: its JSON Schema with toka's annotations, and for processes how it is passed. */
export interface ParameterSchema extends JsonSchema {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly description: string;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly 'x-type'?: 'path' | 'secret';
  readonly 'x-position'?: number;
  readonly 'x-role'?: ParameterRole;
}

/** The parameters of a tool as one JSON Schema, the form in which index, help, validation and protocols see them. */
export interface ParametersSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, ParameterSchema>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** What a process reads on its standard input: nothing, the parameters passed as `stdin` in one JSON object, or the caller's own input. */
export type Stdin = 'none' | 'json' | 'inherit';

interface ProcessExecutable {
  /** Absolute path of the script, or for `external` a program name or absolute path. */
  readonly path: string;
  /** Fixed arguments, before those of the parameters. */
  readonly args: readonly string[];
  readonly workingDirectory: 'caller' | 'project' | 'scratch';
  readonly stdin: Stdin;
  readonly pass: Readonly<Record<string, Pass>>;
}

export type Executable =
  | { readonly type: 'native'; readonly entry: string }
  | (ProcessExecutable & { readonly type: 'shell' | 'python'; readonly interpreter: string })
  | (ProcessExecutable & { readonly type: 'external' })
  /** Source text that came with the request; `path` is the module of the runtime. */
  | { readonly type: 'code'; readonly language: string; readonly isolation: 'isolate' | 'sandbox'; readonly path: string }
  /** An agent, or a model that one asks: toka itself carries them out. */
  | { readonly type: 'agent' }
  | { readonly type: 'prompt' }
  | { readonly type: 'wasm'; readonly path: string }
  | { readonly type: 'mcp'; readonly path: string };

/** Where a tool comes from. Only `bundled` code is trusted to run inside toka's own process. */
export interface Origin {
  readonly kind: 'bundled' | 'plugin' | 'project' | 'user';
  /** Absolute path of the file that declares the tool. */
  readonly file: string;
  /** Of an installed plugin: what is known of its package. */
  readonly plugin?: PackageOrigin;
}

/** The package of an installed plugin. */
export interface PackageOrigin {
  /** The folder that holds all of its code, absolute. */
  readonly root: string;
  /** SHA-512 of the tarball that was installed; absent where a folder is linked. */
  readonly integrity?: string;
}

/** Limits that a manifest asks to lower (never to raise) below its level. */
export interface SandboxOverrides {
  /** Bytes. */
  readonly memory?: number;
  /** Per cent of one core. */
  readonly cpu?: number;
  readonly pids?: number;
  readonly timeoutMs?: number;
  /** Bytes of output, both streams together. */
  readonly maxOutput?: number;
  /** Bytes written to granted folders. */
  readonly maxDisk?: number;
}

export interface Example {
  readonly description: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly exitCode?: number;
}

/** A tool as the registry holds it, whatever it was declared in. Plain JSON data. */
export interface Tool {
  readonly name: string;
  /** `source/name`: always unique. */
  readonly qualified: string;
  /** `files`, `checks`, `project`, `user`, … */
  readonly source: string;
  readonly origin: Origin;
  readonly version: string;
  readonly category: string;
  readonly description: string;
  readonly author?: string;
  readonly tags: readonly string[];
  readonly executable: Executable;
  readonly params: ParametersSchema;
  /** JSON Schema of `data`; where it is declared, a process writes exactly one JSON value to stdout. */
  readonly output?: JsonSchema;
  readonly capabilities: { readonly required: readonly string[]; readonly optional: readonly string[] };
  readonly effect: Effect;
  /** Whether an earlier run with the same inputs answers for it. */
  readonly cache?: true;
  readonly level: Level;
  readonly risk: 'low' | 'medium' | 'high';
  readonly sandbox: SandboxOverrides;
  readonly examples: readonly Example[];
}
