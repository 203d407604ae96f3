import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

/** A value that a command takes. */
export interface FlagFacts {
  readonly summary: string;
  /** Whether it takes a value. */
  readonly takes: boolean;
  /** The values that it may have, where they can be counted. */
  readonly options?: readonly string[];
  /** What the value names. */
  readonly is?: 'tool' | 'run' | 'agent' | 'session';
}

export interface CommandFacts {
  readonly summary: string;
  readonly args: readonly Pick<FlagFacts, 'options' | 'is'>[];
  /** Whether the last word may come again. */
  readonly isOpen: boolean;
  readonly flags: Readonly<Record<string, FlagFacts>>;
}

let known: Readonly<Record<string, CommandFacts>> | undefined;

/** Every command by its words, as the build has written them down: their classes take far longer to load. */
export function knownCommands(): Readonly<Record<string, CommandFacts>> {
  known ??= JSON.parse(readFileSync(join(packageRoot(), 'dist', 'commands.json'), 'utf8')) as Record<string, CommandFacts>;
  return known;
}
