import type { JsonObject } from '@toka/sdk';

/** What the kernel takes in one variable (MAX_ARG_STRLEN), with room for its name. */
const MAX_BYTES = 120 * 1024;

/** Text, numbers and booleans as `$PARAM_NAME`; what is no single text, or too large for a variable, is in the file of all parameters alone. */
export function variablesOf(params: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
      const text = String(value);
      return text.includes('\0') || Buffer.byteLength(text) > MAX_BYTES ? [] : [[`PARAM_${variableName(name)}`, text]];
    }),
  );
}

/** `maxBytes` and `max-bytes` both become `MAX_BYTES`. */
function variableName(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .toUpperCase();
}
