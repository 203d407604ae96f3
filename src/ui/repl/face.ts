import type { AgentEvent } from '../../pipeline/agent/port.ts';
import type { Completable } from './editor/completion.ts';
import type { Status } from './status.ts';
import type { Theme, ThemeName } from './theme.ts';

/** A question with answers to choose from. */
export interface Choice {
  /** What is at stake, in full: it is printed, and stays. */
  readonly details: readonly string[];
  readonly question: string;
  readonly answers: readonly string[];
  /** The answer where none is given: the last is the safest. */
  readonly fallback: number;
  /** Nobody has asked for it, so that a person may be about to write something else. */
  readonly isSudden?: true;
}

/** What a person does. */
export interface Listener {
  /** `queued`: to be said once the turn has ended. */
  said(text: string, how: 'sent' | 'queued'): void;
  /** The turn is to stop. */
  stopped(): void;
  /** Ctrl-C. */
  interrupted(): void;
  /** Nothing more is to come. */
  ended(): void;
}

/** What is on its way to the agent, shown until it gets there. */
export interface Waiting {
  readonly text: string;
  readonly how: 'steers' | 'waits';
}

/** How the REPL meets a person: a terminal with a region of its own, or lines alone. */
export interface Face {
  /** Whether somebody can be asked. */
  readonly isAttended: boolean;
  readonly theme: Theme;
  readonly columns: number;
  setTheme(name: ThemeName): void;
  /** Adds finished lines. */
  print(lines: readonly string[]): void;
  /** Adds lines that are no answer: where results are piped, they go elsewhere. */
  note(lines: readonly string[]): void;
  /** Adds finished Markdown. */
  markdown(text: string): void;
  /** A turn begins: what is heard is shown until it has ended. */
  begin(): void;
  hear(event: AgentEvent): void;
  /** What a tool writes while it runs. */
  wrote(text: string): void;
  end(): void;
  setWaiting(waiting: readonly Waiting[]): void;
  choose(choice: Choice): Promise<number>;
  /** Any text; undefined where nothing more is to come. */
  ask(question: string): Promise<string | undefined>;
  /** Begins to listen; ends with the last line. */
  listen(listener: Listener): Promise<void>;
  close(): void;
}

/** What a face shows of the session. */
export interface Surroundings {
  readonly status: () => Status;
  readonly commands: () => readonly Completable[];
  readonly isBusy: () => boolean;
}
