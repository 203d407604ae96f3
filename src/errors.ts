/** The exit code of a command that ends with an error of toka's. What each error means stands in comments: they cost no start, and the docs are made of them. */
export const EXIT_CODES = {
  /** The tool ran and reported a failure. */
  TOKA_RUN_FAILED: 1,
  /** The tool ended well, but its result does not match the schema in its manifest. */
  TOKA_OUTPUT_INVALID: 1,
  /** The tool wrote more than its output limit and was stopped. */
  TOKA_OUTPUT_LIMIT: 1,
  /** The tool wrote more to disk than its limit and was stopped. */
  TOKA_DISK_LIMIT: 1,
  /** The tool started more processes than its limit and was stopped. */
  TOKA_PROCESS_LIMIT: 1,
  /** The tool used more CPU time than its limit and was stopped. */
  TOKA_CPU_LIMIT: 1,
  /** The conversation is too long for the model. */
  TOKA_MODEL_CONTEXT: 1,
  /** The model, or its provider, refuses to answer. */
  TOKA_MODEL_REFUSED: 1,
  /** What a model answered is not understood, or broke off. */
  TOKA_MODEL_REPLY: 1,
  /** A provider of models does not take the request. */
  TOKA_MODEL_REQUEST: 1,
  /** An agent did the same again and again, with the same result. */
  TOKA_AGENT_LOOP: 1,
  /** An agent said that it was done, and a validation of its file does not pass. */
  TOKA_AGENT_UNPROVEN: 1,
  /** The answer of an agent has not the form that was asked for. */
  TOKA_AGENT_ANSWER: 1,
  /** The command line is not understood. */
  TOKA_USAGE: 2,
  /** A parameter is missing, unknown, or has a value that the manifest does not allow. */
  TOKA_PARAM_INVALID: 2,
  /** No tool has that name. */
  TOKA_TOOL_UNKNOWN: 2,
  /** Two tools have that name; the qualified name tells which is meant. */
  TOKA_TOOL_AMBIGUOUS: 2,
  /** No agent has that name. */
  TOKA_AGENT_UNKNOWN: 2,
  /** Two agents have that name; the name with its source tells which is meant. */
  TOKA_AGENT_AMBIGUOUS: 2,
  /** No session of an agent has that id. */
  TOKA_SESSION_UNKNOWN: 2,
  /** No run has that id. */
  TOKA_RUN_UNKNOWN: 2,
  /** No plugin of that name is installed, or the registry has none. */
  TOKA_PLUGIN_UNKNOWN: 2,
  /** Two plugins that are installed run that language. */
  TOKA_LANGUAGE_AMBIGUOUS: 2,
  /** No runtime that is installed runs that language. */
  TOKA_LANGUAGE_UNKNOWN: 2,
  /** No analyser has that name. */
  TOKA_ANALYSER_UNKNOWN: 2,
  /** What was recorded of the run was pruned; its summary and its hashes are left. */
  TOKA_RUN_PRUNED: 2,
  /** A journal or a file stands already where a new one should be written. */
  TOKA_STORAGE_TAKEN: 2,
  /** The run cannot be resumed: it has ended, is part of another one, or its record does not hold all that it needs. */
  TOKA_RUN_NOT_RESUMABLE: 2,
  /** No model, provider of models or role has that name. */
  TOKA_MODEL_UNKNOWN: 2,
  /** The text is not a capability of the form domain:action[:scope]. */
  TOKA_CAPABILITY_INVALID: 2,
  /** The file toka.lock is not one that toka wrote, or cannot be read. */
  TOKA_LOCK_INVALID: 65,
  /** The file toka.lock was written by a newer version of toka. */
  TOKA_LOCK_VERSION: 65,
  /** A table of expectations of the policy does not match its schema. */
  TOKA_POLICY_TEST_INVALID: 65,
  /** A manifest does not match its schema. */
  TOKA_MANIFEST_INVALID: 65,
  /** A package holds what no plugin may: a link, a file outside of its folder, or more than plugins have. */
  TOKA_PLUGIN_UNSAFE: 65,
  /** A plugin has the name of one that is there already, or a command that is. */
  TOKA_PLUGIN_CLASH: 65,
  /** A plugin lacks the files that it is built to have. */
  TOKA_PLUGIN_UNBUILT: 65,
  /** The file is no export of runs, or was cut off. */
  TOKA_EXPORT_INVALID: 65,
  /** The export of runs was written by a newer version of toka. */
  TOKA_EXPORT_VERSION: 65,
  /** What should be a plugin is none, or is not built. */
  TOKA_PLUGIN_INVALID: 65,
  /** A checkpoint or a proof is not of its form. */
  TOKA_PROOF_INVALID: 65,
  /** A provider of models refuses the key, or there is none. */
  TOKA_PROVIDER_AUTH: 69,
  /** No provider of models could be reached, or none is set up. */
  TOKA_PROVIDER_UNAVAILABLE: 69,
  /** Somebody else goes on with the session, or has since. */
  TOKA_SESSION_CONFLICT: 69,
  /** What the tool needs to run (an interpreter, a program, a runtime plugin) is not on this machine. */
  TOKA_RUNTIME_UNAVAILABLE: 69,
  /** A runtime broke its contract; it is a defect of its plugin. */
  TOKA_RUNTIME_FAILED: 69,
  /** This machine cannot enforce what the run demands, so it was refused. */
  TOKA_SANDBOX_UNAVAILABLE: 69,
  /** A network capability was granted to a tool that runs in toka's own process, which cannot be limited to named hosts, so the run was refused. */
  TOKA_NETWORK_UNAVAILABLE: 69,
  /** A file scope cannot be expressed as a mount of the sandbox. */
  TOKA_SCOPE_UNSUPPORTED: 69,
  /** A plugin was made for another version of the plugin API. */
  TOKA_PLUGIN_INCOMPATIBLE: 69,
  /** A plugin, or a package that it depends on, could not be fetched or installed. */
  TOKA_PLUGIN_UNAVAILABLE: 69,
  /** No storage backend has that name. */
  TOKA_STORAGE_UNKNOWN: 69,
  /** The storage backend cannot do what was asked for. */
  TOKA_STORAGE_UNSUPPORTED: 69,
  /** No engine has that name, or it is not said where it is. */
  TOKA_ENGINE_UNKNOWN: 69,
  /** The engine cannot be reached, or fails. */
  TOKA_ENGINE_UNAVAILABLE: 69,
  /** A run may have been given to another worker, so this one has ended at once. */
  TOKA_ENGINE_LOST: 69,
  /** The engine cannot do what was asked for, or the run cannot be given to one. */
  TOKA_ENGINE_UNSUPPORTED: 69,
  /** The state folder cannot be read or written. */
  TOKA_STATE_UNAVAILABLE: 69,
  /** Something else has added to the record of the run in the meantime. */
  TOKA_EVENT_CONFLICT: 69,
  /** The run has not ended yet: its process lives, or somebody else goes on with it. */
  TOKA_RUN_ACTIVE: 69,
  /** The run cannot be replayed: it was not recorded with all that it was answered, or it did not end by itself. */
  TOKA_RUN_NOT_RECORDED: 69,
  /** A defect of toka. */
  TOKA_INTERNAL: 70,
  /** An event does not follow from what is recorded of its run. */
  TOKA_EVENT_ILLEGAL: 70,
  /** An event has a field outside its limits. */
  TOKA_EVENT_INVALID: 70,
  /** The code of a plugin threw, hung or answered what it may not; it is a defect of that plugin. */
  TOKA_PLUGIN_FAILED: 70,
  /** An analyser threw, or answered what is no finding; it is a defect of its plugin. */
  TOKA_ANALYSER_FAILED: 70,
  /** A limit of the configuration allows no more runs at present. */
  TOKA_RATE_LIMIT: 75,
  /** A provider of models takes no more requests at present, and went on so after waiting. */
  TOKA_PROVIDER_LIMIT: 75,
  /** A budget of the run, or of one above it, is used up. */
  TOKA_BUDGET_EXCEEDED: 75,
  /** An agent has asked its model as often as it may. */
  TOKA_STEP_LIMIT: 75,
  /** Runs that start runs are nested too deeply. */
  TOKA_DEPTH_LIMIT: 75,
  /** Recorded data is damaged or was changed. */
  TOKA_INTEGRITY: 76,
  /** A file that only its user may read or change belongs to somebody else or is open to others. */
  TOKA_FILE_UNSAFE: 76,
  /** A tool is not what toka.lock says it is, or the lock does not know it. */
  TOKA_LOCK_DRIFT: 76,
  /** Only what is in toka.lock may run, and there is no such file. */
  TOKA_LOCK_MISSING: 76,
  /** The tool, or toka, is not what it was when the run was started, so the run cannot be resumed. */
  TOKA_RUN_CHANGED: 76,
  /** A resumed run asked for other calls than those that are on record of it. */
  TOKA_RUN_DIVERGED: 76,
  /** A replay did or answered something else than what is on record. */
  TOKA_REPLAY_DIVERGED: 76,
  /** A capability that the run needs was not granted. */
  TOKA_CAPABILITY_DENIED: 77,
  /** An agent would have let others choose where something goes, or what is done, and no person and no rule has agreed to that. */
  TOKA_FLOW_DENIED: 77,
  /** A hook stopped a turn of an agent, or could not be run, which counts the same. */
  TOKA_HOOK_BLOCKED: 77,
  /** A plugin is installed, and what its hook says counts, once somebody has agreed to what it brings, and nobody did. */
  TOKA_PLUGIN_CONSENT: 77,
  /** The text is no token, or holds a fact, rule or check that toka does not know. */
  TOKA_TOKEN_INVALID: 77,
  /** The text is a token of another type. */
  TOKA_TOKEN_TYPE: 77,
  /** The token is not signed with Ed25519. */
  TOKA_TOKEN_ALGORITHM: 77,
  /** The token was signed by a key that is not in the keyring, or that has expired. */
  TOKA_TOKEN_KEY_UNKNOWN: 77,
  /** The token was changed, cut or put together without its keys. */
  TOKA_TOKEN_FORGED: 77,
  /** The token is larger, holds more or lives longer than tokens may. */
  TOKA_TOKEN_OVERSIZED: 77,
  /** A block of the token gives more than the block before it. */
  TOKA_TOKEN_WIDENS: 77,
  /** The token may not be handed on, or not so often. */
  TOKA_TOKEN_DELEGATION: 77,
  /** The token has expired. */
  TOKA_TOKEN_EXPIRED: 77,
  /** The token was made in the future: a clock is wrong or was set back. */
  TOKA_TOKEN_FUTURE: 77,
  /** The token does not hold at this time of the week. */
  TOKA_TOKEN_WINDOW: 77,
  /** The token does not hold in this project. */
  TOKA_TOKEN_WORKSPACE: 77,
  /** The identity token is meant for somebody else. */
  TOKA_TOKEN_AUDIENCE: 77,
  /** The token, or one that it was made from, was revoked. */
  TOKA_TOKEN_REVOKED: 77,
  /** The administrator's policy could have been written by others, or cannot be read, so nothing runs. */
  TOKA_POLICY_UNSAFE: 78,
  /** A configuration file does not match its schema. */
  TOKA_CONFIG_INVALID: 78,
  /** Only who asked for the run may resume it. */
  TOKA_RUN_FOREIGN: 77,
  /** Of a call whose effects must not happen twice it is not known whether it was done; a person has to say. */
  TOKA_OUTCOME_UNKNOWN: 79,
  /** Something is needed that is not on record, a secret for instance. */
  TOKA_INPUT_NEEDED: 79,
  /** A file that the tool needs does not exist. */
  TOKA_FS_NOT_FOUND: 1,
  /** A path that should name a file names something else. */
  TOKA_FS_NOT_FILE: 1,
  /** A path that should name a folder names something else. */
  TOKA_FS_NOT_DIRECTORY: 1,
  /** A file that should be new exists already. */
  TOKA_FS_EXISTS: 1,
  /** A file is larger than the reader accepts. */
  TOKA_FS_TOO_LARGE: 1,
  /** The operating system refused a file operation. */
  TOKA_FS_FAILED: 1,
  /** A server that the tool asked could not be reached, or answered with more than the tool takes. */
  TOKA_FETCH_FAILED: 1,
  /** The run took longer than its limit and was stopped. */
  TOKA_TIMED_OUT: 124,
  /** The run was cancelled. */
  TOKA_CANCELLED: 130,
  /** The run used more memory than its limit and was stopped. */
  TOKA_MEMORY_LIMIT: 137,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof EXIT_CODES;

/** Where in a file something was found; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface ErrorDetails {
  /** The next step for the person. */
  readonly hint?: string;
  readonly where?: Place;
  readonly cause?: unknown;
  /** Further facts for programs, printed with `--json`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** An error of the table above. The message says what was expected, what was found and where. */
export class TokaError extends Error {
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly where?: Place;
  readonly data?: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, { hint, where, cause, data }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TokaError';
    this.code = code;
    if (hint !== undefined) this.hint = hint;
    if (where !== undefined) this.where = where;
    if (data !== undefined) this.data = data;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** Prints a place as `file:line:column`. */
export function printPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** Recognises a TokaError by its name and code: bundles of toka that are loaded later carry their own copy of the class. */
function isTokaError(thrown: unknown): thrown is TokaError {
  return thrown instanceof Error && thrown.name === 'TokaError' && Object.hasOwn(EXIT_CODES, (thrown as TokaError).code);
}

/** What was thrown, in words. Anything can be thrown, also what throws again when it is asked for its text. */
function said(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message || thrown.name;
    return `thrown: ${typeof thrown === 'object' ? JSON.stringify(thrown) : (thrown as string)}`;
  } catch {
    return 'thrown: a value that has no text';
  }
}

/** Wraps whatever was thrown, so that every door reports a coded error. */
export function toTokaError(thrown: unknown): TokaError {
  if (isTokaError(thrown)) return thrown;
  return new TokaError('TOKA_INTERNAL', said(thrown), {
    cause: thrown,
    hint: 'this is a defect of toka: run again with --debug and report what it prints',
  });
}
