import { Ajv2020 } from 'ajv/dist/2020.js';
import equal from 'ajv/dist/runtime/equal.js';
import ucs2length from 'ajv/dist/runtime/ucs2length.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { TokaError } from '../errors.ts';

/** The helpers that Ajv's standalone code asks for, put into it as text so that it depends on nothing. */
const HELPERS = {
  'require("ajv/dist/runtime/equal").default': Function.prototype.toString.call(equal.default),
  'require("ajv/dist/runtime/ucs2length").default': Function.prototype.toString.call(ucs2length.default),
} as const;

/**
 * Compiles a JSON Schema 2020-12 to JavaScript text without imports; formats are annotations, as the standard has it.
 *
 * @throws TokaError TOKA_MANIFEST_INVALID if it is not a valid schema.
 */
export function compileValidator(schema: Readonly<Record<string, unknown>>): string {
  const ajv = new Ajv2020({ allErrors: true, code: { source: true }, logger: false, strict: false, validateFormats: false });
  let code: string;
  try {
    code = standaloneCode.default(ajv, ajv.compile(schema));
  } catch (cause) {
    throw new TokaError('TOKA_MANIFEST_INVALID', `a JSON Schema is not valid: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      hint: 'check the schema in the manifest with toka tools validate',
    });
  }
  for (const [call, text] of Object.entries(HELPERS)) code = code.replaceAll(call, () => `(${text})`);
  // What a schema says stands in string literals, where every quote is escaped.
  if (/\brequire\("ajv/.test(code)) throw new TokaError('TOKA_INTERNAL', 'the compiled schema asks for a helper that is not built in');
  return code;
}
