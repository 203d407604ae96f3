import { createContext, Script } from 'node:vm';
import { TokaError } from '../errors.ts';
import { sharedValidator, shareValidator, storeValidator } from './bundled.ts';

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
 * Gives the validator of a JSON Schema 2020-12: from the index where it was compiled before, for this project or another one, else compiled now and stored there. Ten thousand
 * manifests would take longer to compile than to index, so each is compiled at its first use.
 *
 * @param stored Looks a compiled validator up by its schema as JSON.
 * @param indexFile Where to store it.
 */
export async function schemaValidator(
  schema: Readonly<Record<string, unknown>>,
  stored: (schema: string) => string | undefined,
  indexFile: string,
): Promise<Validator> {
  const text = JSON.stringify(schema);
  const compiled = load(stored(text)) ?? takenOver(text, indexFile) ?? load(await compileAndStore(schema, text, indexFile));
  if (!compiled) throw new TokaError('TOKA_INTERNAL', 'a compiled validator is no function');
  return toValidator(compiled, COSTLY.some((key) => text.includes(key)));
}

function takenOver(text: string, indexFile: string): Compiled | undefined {
  const code = sharedValidator(text, indexFile);
  const compiled = load(code);
  if (compiled && code !== undefined) storeValidator(indexFile, text, code);
  return compiled;
}

async function compileAndStore(schema: Readonly<Record<string, unknown>>, text: string, indexFile: string): Promise<string> {
  const { compileValidator } = await import('./compile-validator.ts');
  const code = compileValidator(schema);
  storeValidator(indexFile, text, code);
  shareValidator(indexFile, text, code);
  return code;
}

/**
 * The code comes from toka's own compiler by way of a file in the user's cache folder, which no sandbox shows and no clone brings along.
 *
 * @returns `undefined` where there is none, or it is damaged.
 */
function load(code: string | undefined): Compiled | undefined {
  if (code === undefined) return undefined;
  const module = { exports: {} as { default?: Compiled } };
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- standalone validators are JavaScript text, and this is what runs it
    const run = new Function('module', 'exports', code) as (module: { exports: object }, exports: object) => void;
    run(module, module.exports);
  } catch {
    return undefined;
  }
  const { default: compiled } = module.exports;
  return typeof compiled === 'function' ? compiled : undefined;
}

/** The keywords whose check can take far more time than the size of the value accounts for. */
const COSTLY = ['pattern', 'patternProperties', 'uniqueItems'].map((keyword) => `"${keyword}":`);
const MAX_MS = 2000;
let call: Script | undefined;
let box: { call?: () => void } | undefined;

/**
 * Runs a check for a limited time. Neither a signal nor a timer gets through to a regular expression that backtracks; the engine's own limit does.
 *
 * @throws Error ERR_SCRIPT_EXECUTION_TIMEOUT
 */
function inTime(compiled: Compiled, value: unknown): boolean {
  let isValid = false;
  call ??= new Script('call()');
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
