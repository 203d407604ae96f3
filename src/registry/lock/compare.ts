import type { LockEntry } from '../../manifest/lock-file.ts';

/** One thing that is otherwise than the lock says. */
export interface Change {
  readonly field: 'origin' | 'file' | 'version' | 'executable' | 'effect' | 'level' | 'risk' | 'capability' | 'manifest' | 'integrity' | 'code';
  /** As the lock says; null where it says nothing. */
  readonly from: string | null;
  /** As it is; null where it is no longer. */
  readonly to: string | null;
  /** Whether the tool asks for more than it did. */
  readonly widens: boolean;
}

/** A tool that is not as the lock says. */
export interface Difference {
  /** The full name. */
  readonly tool: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly changes: readonly Change[];
}

/** Whether what a tool could do before includes a capability, both as a manifest declares them. */
export type Covers = (held: readonly string[], asked: string) => boolean;

/** What can be told of two values: the higher one asks for more. */
const ORDER = {
  effect: ['none', 'read', 'idempotent', 'external', 'privileged'],
  level: ['restricted', 'standard', 'elevated'],
  risk: ['low', 'medium', 'high'],
} as const;

/** Whether a tool is exactly what the lock says, member for member and in their order. */
export function isSame(locked: unknown, found: LockEntry): boolean {
  return JSON.stringify(locked) === JSON.stringify(found);
}

/** What is otherwise with one tool; `undefined` where nothing is. */
export function difference(tool: string, locked: LockEntry | undefined, found: LockEntry | undefined, covers: Covers): Difference | undefined {
  if (!found) return locked && { tool, kind: 'removed', changes: [{ field: 'version', from: locked.version, to: null, widens: false }] };
  if (!locked) return { tool, kind: 'added', changes: [{ field: 'version', from: null, to: found.version, widens: false }, ...capabilityChanges({}, allOf(found), covers)] };
  const changes = [
    ...plainChanges(locked, found),
    ...rankedChanges(locked, found),
    ...capabilityChanges(allOf(locked), allOf(found), covers),
    ...digestChanges(locked, found),
  ];
  return changes.length === 0 ? undefined : { tool, kind: 'changed', changes };
}

/** Everything that is otherwise, by name. */
export function differences(locked: Readonly<Record<string, LockEntry>>, found: Readonly<Record<string, LockEntry>>, covers: Covers): Difference[] {
  const names = [...new Set([...Object.keys(locked), ...Object.keys(found)])].toSorted();
  return names.flatMap((name) => difference(name, own(locked, name), own(found, name), covers) ?? []);
}

export function own<T>(members: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function allOf({ capabilities: { required, optional } }: LockEntry): Record<string, 'required' | 'optional'> {
  return Object.fromEntries([...optional.map((text) => [text, 'optional'] as const), ...required.map((text) => [text, 'required'] as const)]);
}

function plainChanges(locked: LockEntry, found: LockEntry): Change[] {
  return (['origin', 'file', 'version', 'executable'] as const)
    .filter((field) => locked[field] !== found[field])
    .map((field) => ({ field, from: locked[field] ?? null, to: found[field] ?? null, widens: false }));
}

function rankedChanges(locked: LockEntry, found: LockEntry): Change[] {
  return (['effect', 'level', 'risk'] as const)
    .filter((field) => locked[field] !== found[field])
    .map((field) => {
      const order: readonly string[] = ORDER[field];
      return { field, from: locked[field], to: found[field], widens: order.indexOf(found[field]) > order.indexOf(locked[field]) };
    });
}

/** A capability as it is declared, `optional` named: to require one that was optional is no more than before. */
function capabilityChanges(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>, covers: Covers): Change[] {
  const held = Object.keys(before);
  const shown = (set: Readonly<Record<string, string>>, text: string): string | null => {
    const kind = own(set, text);
    return kind === undefined ? null : kind === 'optional' ? `${text} (optional)` : text;
  };
  return [...new Set([...held, ...Object.keys(after)])].toSorted().flatMap((text): Change[] => {
    const [from, to] = [shown(before, text), shown(after, text)];
    if (from === to) return [];
    return [{ field: 'capability', from, to, widens: to !== null && from === null && !covers(held, text) }];
  });
}

function digestChanges(locked: LockEntry, found: LockEntry): Change[] {
  return (['manifest', 'integrity', 'code'] as const)
    .filter((field) => locked[field] !== found[field])
    .map((field) => ({ field, from: locked[field] ?? null, to: found[field] ?? null, widens: false }));
}

/** A change in words. */
export function describeChange({ field, from, to, widens }: Change): string {
  const more = widens ? ' — asks for more' : '';
  if (field === 'manifest') return 'the manifest is another';
  if (field === 'code') return from === null ? 'it has code of its own now' : to === null ? 'it has no code of its own any more' : 'its code is another';
  if (field === 'integrity') return 'the package of its plugin is another';
  if (from === null) return `${field} added: ${to}${more}`;
  return to === null ? `${field} removed: ${from}` : `${field}: ${from} → ${to}${more}`;
}
