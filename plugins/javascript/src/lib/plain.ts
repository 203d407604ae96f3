import type { JsonValue } from '@toka/sdk';

/** Keys with which data could reach the prototypes of whatever it is merged into. */
const UNSAFE = ['__proto__', 'constructor', 'prototype'];

const MAY_HOLD_UNSAFE = /__proto__|constructor|prototype|\\u/;

/** Reads JSON that was made in an isolate. Tells which keys it dropped. */
export function parsePlain(text: string, onDropped: (key: string) => void): JsonValue {
  if (!MAY_HOLD_UNSAFE.test(text)) return JSON.parse(text) as JsonValue;
  return JSON.parse(text, (key, value: JsonValue) => {
    if (!UNSAFE.includes(key)) return value;
    onDropped(key);
    return undefined;
  }) as JsonValue;
}
