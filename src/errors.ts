/** Every error that toka itself raises: what it means and the exit code of a command that ends with it. */
export const ERRORS = {
  TOKA_RUN_FAILED: { exit: 1, meaning: 'The tool ran and reported a failure.' },
  TOKA_OUTPUT_INVALID: { exit: 1, meaning: 'The tool ended well, but its result does not match the schema in its manifest.' },
  TOKA_OUTPUT_LIMIT: { exit: 1, meaning: 'The tool wrote more than its output limit and was stopped.' },
  TOKA_DISK_LIMIT: { exit: 1, meaning: 'The tool wrote more to disk than its limit and was stopped.' },
  TOKA_PROCESS_LIMIT: { exit: 1, meaning: 'The tool started more processes than its limit and was stopped.' },
  TOKA_CPU_LIMIT: { exit: 1, meaning: 'The tool used more CPU time than its limit and was stopped.' },
  TOKA_MODEL_CONTEXT: { exit: 1, meaning: 'The conversation is too long for the model.' },
  TOKA_MODEL_REFUSED: { exit: 1, meaning: 'The model, or its provider, refuses to answer.' },
  TOKA_MODEL_REPLY: { exit: 1, meaning: 'What a model answered is not understood, or broke off.' },
  TOKA_MODEL_REQUEST: { exit: 1, meaning: 'A provider of models does not take the request.' },
  TOKA_AGENT_LOOP: { exit: 1, meaning: 'An agent did the same again and again, with the same result.' },
  TOKA_AGENT_UNPROVEN: { exit: 1, meaning: 'An agent said that it was done, and a validation of its file does not pass.' },
  TOKA_AGENT_ANSWER: { exit: 1, meaning: 'The answer of an agent has not the form that was asked for.' },
  TOKA_USAGE: { exit: 2, meaning: 'The command line is not understood.' },
  TOKA_PARAM_INVALID: { exit: 2, meaning: 'A parameter is missing, unknown, or has a value that the manifest does not allow.' },
  TOKA_TOOL_UNKNOWN: { exit: 2, meaning: 'No tool has that name.' },
  TOKA_TOOL_AMBIGUOUS: { exit: 2, meaning: 'Two tools have that name; the qualified name tells which is meant.' },
  TOKA_AGENT_UNKNOWN: { exit: 2, meaning: 'No agent has that name.' },
  TOKA_AGENT_AMBIGUOUS: { exit: 2, meaning: 'Two agents have that name; the name with its source tells which is meant.' },
  TOKA_SESSION_UNKNOWN: { exit: 2, meaning: 'No session of an agent has that id.' },
  TOKA_RUN_UNKNOWN: { exit: 2, meaning: 'No run has that id.' },
  TOKA_PLUGIN_UNKNOWN: { exit: 2, meaning: 'No plugin of that name is installed, or the registry has none.' },
  TOKA_LANGUAGE_AMBIGUOUS: { exit: 2, meaning: 'Two plugins that are installed run that language.' },
  TOKA_LANGUAGE_UNKNOWN: { exit: 2, meaning: 'No runtime that is installed runs that language.' },
  TOKA_ANALYSER_UNKNOWN: { exit: 2, meaning: 'No analyser has that name.' },
  TOKA_RUN_PRUNED: { exit: 2, meaning: 'What was recorded of the run was pruned; its summary and its hashes are left.' },
  TOKA_STORAGE_TAKEN: { exit: 2, meaning: 'A journal or a file stands already where a new one should be written.' },
  TOKA_RUN_NOT_RESUMABLE: { exit: 2, meaning: 'The run cannot be resumed: it has ended, is part of another one, or its record does not hold all that it needs.' },
  TOKA_MODEL_UNKNOWN: { exit: 2, meaning: 'No model, provider of models or role has that name.' },
  TOKA_CAPABILITY_INVALID: { exit: 2, meaning: 'The text is not a capability of the form domain:action[:scope].' },
  TOKA_LOCK_INVALID: { exit: 65, meaning: 'The file toka.lock is not one that toka wrote, or cannot be read.' },
  TOKA_LOCK_VERSION: { exit: 65, meaning: 'The file toka.lock was written by a newer version of toka.' },
  TOKA_POLICY_TEST_INVALID: { exit: 65, meaning: 'A table of expectations of the policy does not match its schema.' },
  TOKA_MANIFEST_INVALID: { exit: 65, meaning: 'A manifest does not match its schema.' },
  TOKA_PLUGIN_UNSAFE: { exit: 65, meaning: 'A package holds what no plugin may: a link, a file outside of its folder, or more than plugins have.' },
  TOKA_PLUGIN_CLASH: { exit: 65, meaning: 'A plugin has the name of one that is there already, or a command that is.' },
  TOKA_PLUGIN_UNBUILT: { exit: 65, meaning: 'A plugin lacks the files that it is built to have.' },
  TOKA_EXPORT_INVALID: { exit: 65, meaning: 'The file is no export of runs, or was cut off.' },
  TOKA_EXPORT_VERSION: { exit: 65, meaning: 'The export of runs was written by a newer version of toka.' },
  TOKA_PLUGIN_INVALID: { exit: 65, meaning: 'What should be a plugin is none, or is not built.' },
  TOKA_PROOF_INVALID: { exit: 65, meaning: 'A checkpoint or a proof is not of its form.' },
  TOKA_PROVIDER_AUTH: { exit: 69, meaning: 'A provider of models refuses the key, or there is none.' },
  TOKA_PROVIDER_UNAVAILABLE: { exit: 69, meaning: 'No provider of models could be reached, or none is set up.' },
  TOKA_SESSION_CONFLICT: { exit: 69, meaning: 'Somebody else goes on with the session, or has since.' },
  TOKA_RUNTIME_UNAVAILABLE: { exit: 69, meaning: 'What the tool needs to run (an interpreter, a program, a runtime plugin) is not on this machine.' },
  TOKA_RUNTIME_FAILED: { exit: 69, meaning: 'A runtime broke its contract; it is a defect of its plugin.' },
  TOKA_SANDBOX_UNAVAILABLE: { exit: 69, meaning: 'This machine cannot enforce what the run demands, so it was refused.' },
  TOKA_NETWORK_UNAVAILABLE: { exit: 69, meaning: "A network capability was granted to a tool that runs in toka's own process, which cannot be limited to named hosts, so the run was refused." },
  TOKA_SCOPE_UNSUPPORTED: { exit: 69, meaning: 'A file scope cannot be expressed as a mount of the sandbox.' },
  TOKA_PLUGIN_INCOMPATIBLE: { exit: 69, meaning: 'A plugin was made for another version of the plugin API.' },
  TOKA_PLUGIN_UNAVAILABLE: { exit: 69, meaning: 'A plugin, or a package that it depends on, could not be fetched or installed.' },
  TOKA_STORAGE_UNKNOWN: { exit: 69, meaning: 'No storage backend has that name.' },
  TOKA_STORAGE_UNSUPPORTED: { exit: 69, meaning: 'The storage backend cannot do what was asked for.' },
  TOKA_ENGINE_UNKNOWN: { exit: 69, meaning: 'No engine has that name, or it is not said where it is.' },
  TOKA_ENGINE_UNAVAILABLE: { exit: 69, meaning: 'The engine cannot be reached, or fails.' },
  TOKA_ENGINE_LOST: { exit: 69, meaning: 'A run may have been given to another worker, so this one has ended at once.' },
  TOKA_ENGINE_UNSUPPORTED: { exit: 69, meaning: 'The engine cannot do what was asked for, or the run cannot be given to one.' },
  TOKA_STATE_UNAVAILABLE: { exit: 69, meaning: 'The state folder cannot be read or written.' },
  TOKA_EVENT_CONFLICT: { exit: 69, meaning: 'Something else has added to the record of the run in the meantime.' },
  TOKA_RUN_ACTIVE: { exit: 69, meaning: 'The run has not ended yet: its process lives, or somebody else goes on with it.' },
  TOKA_RUN_NOT_RECORDED: { exit: 69, meaning: 'The run cannot be replayed: it was not recorded with all that it was answered, or it did not end by itself.' },
  TOKA_INTERNAL: { exit: 70, meaning: 'A defect of toka.' },
  TOKA_EVENT_ILLEGAL: { exit: 70, meaning: 'An event does not follow from what is recorded of its run.' },
  TOKA_EVENT_INVALID: { exit: 70, meaning: 'An event has a field outside its limits.' },
  TOKA_PLUGIN_FAILED: { exit: 70, meaning: 'The code of a plugin threw, hung or answered what it may not; it is a defect of that plugin.' },
  TOKA_ANALYSER_FAILED: { exit: 70, meaning: 'An analyser threw, or answered what is no finding; it is a defect of its plugin.' },
  TOKA_RATE_LIMIT: { exit: 75, meaning: 'A limit of the configuration allows no more runs at present.' },
  TOKA_PROVIDER_LIMIT: { exit: 75, meaning: 'A provider of models takes no more requests at present, and went on so after waiting.' },
  TOKA_BUDGET_EXCEEDED: { exit: 75, meaning: 'A budget of the run, or of one above it, is used up.' },
  TOKA_STEP_LIMIT: { exit: 75, meaning: 'An agent has asked its model as often as it may.' },
  TOKA_DEPTH_LIMIT: { exit: 75, meaning: 'Runs that start runs are nested too deeply.' },
  TOKA_INTEGRITY: { exit: 76, meaning: 'Recorded data is damaged or was changed.' },
  TOKA_FILE_UNSAFE: { exit: 76, meaning: 'A file that only its user may read or change belongs to somebody else or is open to others.' },
  TOKA_LOCK_DRIFT: { exit: 76, meaning: 'A tool is not what toka.lock says it is, or the lock does not know it.' },
  TOKA_LOCK_MISSING: { exit: 76, meaning: 'Only what is in toka.lock may run, and there is no such file.' },
  TOKA_RUN_CHANGED: { exit: 76, meaning: 'The tool, or toka, is not what it was when the run was started, so the run cannot be resumed.' },
  TOKA_RUN_DIVERGED: { exit: 76, meaning: 'A resumed run asked for other calls than those that are on record of it.' },
  TOKA_REPLAY_DIVERGED: { exit: 76, meaning: 'A replay did or answered something else than what is on record.' },
  TOKA_CAPABILITY_DENIED: { exit: 77, meaning: 'A capability that the run needs was not granted.' },
  TOKA_FLOW_DENIED: { exit: 77, meaning: 'An agent would have let others choose where something goes, or what is done, and no person and no rule has agreed to that.' },
  TOKA_HOOK_BLOCKED: { exit: 77, meaning: 'A hook stopped a turn of an agent, or could not be run, which counts the same.' },
  TOKA_PLUGIN_CONSENT: { exit: 77, meaning: 'A plugin is installed, and what its hook says counts, once somebody has agreed to what it brings, and nobody did.' },
  TOKA_TOKEN_INVALID: { exit: 77, meaning: 'The text is no token, or holds a fact, rule or check that toka does not know.' },
  TOKA_TOKEN_TYPE: { exit: 77, meaning: 'The text is a token of another type.' },
  TOKA_TOKEN_ALGORITHM: { exit: 77, meaning: 'The token is not signed with Ed25519.' },
  TOKA_TOKEN_KEY_UNKNOWN: { exit: 77, meaning: 'The token was signed by a key that is not in the keyring, or that has expired.' },
  TOKA_TOKEN_FORGED: { exit: 77, meaning: 'The token was changed, cut or put together without its keys.' },
  TOKA_TOKEN_OVERSIZED: { exit: 77, meaning: 'The token is larger, holds more or lives longer than tokens may.' },
  TOKA_TOKEN_WIDENS: { exit: 77, meaning: 'A block of the token gives more than the block before it.' },
  TOKA_TOKEN_DELEGATION: { exit: 77, meaning: 'The token may not be handed on, or not so often.' },
  TOKA_TOKEN_EXPIRED: { exit: 77, meaning: 'The token has expired.' },
  TOKA_TOKEN_FUTURE: { exit: 77, meaning: 'The token was made in the future: a clock is wrong or was set back.' },
  TOKA_TOKEN_WINDOW: { exit: 77, meaning: 'The token does not hold at this time of the week.' },
  TOKA_TOKEN_WORKSPACE: { exit: 77, meaning: 'The token does not hold in this project.' },
  TOKA_TOKEN_AUDIENCE: { exit: 77, meaning: 'The identity token is meant for somebody else.' },
  TOKA_TOKEN_REVOKED: { exit: 77, meaning: 'The token, or one that it was made from, was revoked.' },
  TOKA_POLICY_UNSAFE: { exit: 78, meaning: "The administrator's policy could have been written by others, or cannot be read, so nothing runs." },
  TOKA_CONFIG_INVALID: { exit: 78, meaning: 'A configuration file does not match its schema.' },
  TOKA_RUN_FOREIGN: { exit: 77, meaning: 'Only who asked for the run may resume it.' },
  TOKA_OUTCOME_UNKNOWN: { exit: 79, meaning: 'Of a call whose effects must not happen twice it is not known whether it was done; a person has to say.' },
  TOKA_INPUT_NEEDED: { exit: 79, meaning: 'Something is needed that is not on record, a secret for instance.' },
  TOKA_FS_NOT_FOUND: { exit: 1, meaning: 'A file that the tool needs does not exist.' },
  TOKA_FS_NOT_FILE: { exit: 1, meaning: 'A path that should name a file names something else.' },
  TOKA_FS_NOT_DIRECTORY: { exit: 1, meaning: 'A path that should name a folder names something else.' },
  TOKA_FS_EXISTS: { exit: 1, meaning: 'A file that should be new exists already.' },
  TOKA_FS_TOO_LARGE: { exit: 1, meaning: 'A file is larger than the reader accepts.' },
  TOKA_FS_FAILED: { exit: 1, meaning: 'The operating system refused a file operation.' },
  TOKA_FETCH_FAILED: { exit: 1, meaning: 'A server that the tool asked could not be reached, or answered with more than the tool takes.' },
  TOKA_TIMED_OUT: { exit: 124, meaning: 'The run took longer than its limit and was stopped.' },
  TOKA_CANCELLED: { exit: 130, meaning: 'The run was cancelled.' },
  TOKA_MEMORY_LIMIT: { exit: 137, meaning: 'The run used more memory than its limit and was stopped.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;

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
    return ERRORS[this.code].exit;
  }
}

/** Prints a place as `file:line:column`. */
export function printPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** Recognises a TokaError by its name and code: bundles of toka that are loaded later carry their own copy of the class. */
function isTokaError(thrown: unknown): thrown is TokaError {
  return thrown instanceof Error && thrown.name === 'TokaError' && Object.hasOwn(ERRORS, (thrown as TokaError).code);
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
