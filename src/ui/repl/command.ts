import type { SaidPart } from '../../pipeline/agent/port.ts';
import type { Found, Toka } from '../../toka.ts';
import type { Conversation } from './conversation.ts';
import type { Option } from './editor/completion.ts';
import type { Face } from './face.ts';
import type { Permissions } from './permissions.ts';

/** What commands work with. */
export interface Desk {
  readonly toka: Toka;
  readonly face: Face;
  readonly conversation: Conversation;
  readonly permissions: Permissions;
  readonly commands: readonly SlashCommand[];
  /** Says something to the agent, as if it had been typed. */
  say(said: string | readonly SaidPart[]): Promise<void>;
  /** Runs a turn that only compacts. */
  compact(): Promise<void>;
  /** Goes on with a turn that was cut off. */
  goOn(found: Found): Promise<void>;
  quit(): void;
}

/** A command of the REPL, written `/NAME ARGUMENT`. */
export interface SlashCommand {
  readonly name: string;
  /** How its argument is written in help. */
  readonly argument?: string;
  readonly summary: string;
  readonly complete?: (written: string) => readonly Option[];
  run(argument: string, desk: Desk): Promise<void> | void;
}

/** Options of which one may be meant by what is written. */
export function startingWith(options: readonly Option[]): (written: string) => readonly Option[] {
  return (written) => options.filter(({ text }) => text.startsWith(written));
}
