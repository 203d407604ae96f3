import type { NewEvent } from '@toka/sdk';

/** An event whose key and body tell which it is. */
export function event(name: string): NewEvent {
  return { key: name, time: 1000, body: JSON.stringify({ type: 'noted', name }), hash: 'ab', nodes: 'cd' };
}
