import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { createContext, Script } from 'node:vm';

/** One place where a value does not match. */
export interface Mismatch {
  /** JSON pointer into the value; empty for the value itself. */
  readonly pointer: string;
  /** `must be >= 1`. */
  readonly message: string;
}

/** Checks a value; an empty list means that it matches. */
export type Validator = (value: unknown) => Mismatch[];

interface Compiled {
  (value: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string; readonly params?: Readonly<Record<string, unknown>> }[] | null;
}

const MAX_MISMATCHES = 20;

/**
 * Gives the validator of a JSON Schema 2020-12: from the index where it was compiled before, else compiled now and stored there. Ten thousand
 * manifests would take longer to compile than to index, so each is compiled at its first use.
 *
 * @param stored Looks a compiled validator up by the hash of its schema.
 * @param indexFile Where to store it.
 */
export async function schemaValidator(
  schema: Readonly<Record<string, unknown>>,
  stored: (hash: string) => string | undefined,
  indexFile: string,
): Promise<Validator> {
  const id = hash('sha256', JSON.stringify(schema));
  const code = stored(id) ?? (await compileAndStore(schema, id, indexFile));
  return toValidator(load(code), COSTLY.test(JSON.stringify(schema)));
}

async function compileAndStore(schema: Readonly<Record<string, unknown>>, id: string, indexFile: string): Promise<string> {
  const { compileValidator } = await import('./compile-validator.ts');
  const code = compileValidator(schema);
  try {
    const db = new DatabaseSync(indexFile, { timeout: 1000 });
    db.prepare('INSERT OR IGNORE INTO validators VALUES (?, ?)').run(id, code);
    db.close();
  } catch {
    // A cache that cannot be written (read-only, busy) costs the next run a compilation, nothing else.
  }
  return code;
}

/** The code comes from toka's own compiler by way of a file in the user's cache folder, which no sandbox shows and no clone brings along. */
function load(code: string): Compiled {
  const module = { exports: {} as { default?: Compiled } };
  // oxlint-disable-next-line typescript/no-implied-eval -- standalone validators are JavaScript text, and this is what runs it
  const run = new Function('module', 'exports', code) as (module: { exports: object }, exports: object) => void;
  run(module, module.exports);
  const { default: compiled } = module.exports;
  if (typeof compiled !== 'function') throw new TypeError('a stored validator is damaged');
  return compiled;
}

/** The keywords whose check can take far more time than the size of the value accounts for. */
const COSTLY = /"(pattern|patternProperties|uniqueItems)":/;
const MAX_MS = 2000;
const call = new Script('call()');
let box: { call?: () => void } | undefined;

/**
 * Runs a check for a limited time. Neither a signal nor a timer gets through to a regular expression that backtracks; the engine's own limit does.
 *
 * @throws Error ERR_SCRIPT_EXECUTION_TIMEOUT
 */
function inTime(compiled: Compiled, value: unknown): boolean {
  let isValid = false;
  box ??= createContext({});
  box.call = () => void (isValid = compiled(value));
  call.runInContext(box, { timeout: MAX_MS });
  return isValid;
}

function toValidator(compiled: Compiled, isCostly: boolean): Validator {
  return (value) => {
    try {
      if (isCostly ? inTime(compiled, value) : compiled(value)) return [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
        return [{ pointer: '', message: `could not be checked within ${MAX_MS} ms: a pattern or uniqueItems of the schema is too costly for it` }];
      }
      if (error instanceof RangeError) return [{ pointer: '', message: 'is nested too deeply to be checked' }];
      throw error;
    }
    return (compiled.errors ?? []).slice(0, MAX_MISMATCHES).map(({ instancePath, message = 'does not match', params }) => ({
      pointer: instancePath,
      message: withDetail(message, params),
    }));
  };
}

function withDetail(message: string, params: Readonly<Record<string, unknown>> = {}): string {
  if (Array.isArray(params['allowedValues'])) return `${message}: ${params['allowedValues'].join(', ')}`;
  if (typeof params['additionalProperty'] === 'string') return `${message}: "${params['additionalProperty']}"`;
  return message;
}
