/** An event of whatever version, as it was stored. */
export type Versioned = Readonly<Record<string, unknown>>;

/** For each type of event: what makes an event of the next version of one of version n. */
export type Upcasts = Readonly<Record<string, Readonly<Record<number, (event: Versioned) => Versioned>>>>;

/** None yet: all events are of version 1. One is added with each new version, and stays. */
const UPCASTS: Upcasts = {};

/**
 * Reads an event of an older version as the present one. What is stored, and hashed, stays as it is.
 *
 * @returns The event of the newest version that there is a way to; what cannot be an event comes back as it is.
 */
export function upcast(value: unknown, upcasts: Upcasts = UPCASTS): unknown {
  let event = value as Versioned;
  if (typeof value !== 'object' || value === null) return value;
  const steps = Object.hasOwn(upcasts, String(event['type'])) ? upcasts[String(event['type'])] : undefined;
  for (let step = steps?.[Number(event['v'])]; step; step = steps?.[Number(event['v'])]) event = step(event);
  return event;
}
