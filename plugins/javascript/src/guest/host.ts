/** All that reaches out of the isolate: text that was made inside of it, and numbers. */
export interface Host {
  /** Starts a call; `text` is the JSON of its alias and parameters. Answers '' or the JSON of why it is refused. */
  call(call: number, text: string): string;
  /** `stream` is 1 or 2, `text` is the JSON of a text. */
  print(stream: number, text: string): void;
  /** Keeps a file; `name` is the JSON of its name. Answers '' or the JSON of why it is refused. */
  keep(name: string, content: ArrayBuffer): string;
  /** Reads, changes or writes a URL: both are JSON. */
  url(text: string): string;
  /** Answers whether it was set. */
  setTimer(timer: number, delay: number): boolean;
  clearTimer(timer: number): void;
  /** Ends the run; `kind` is 'result' or 'threw'. */
  end(kind: string, text: string): void;
  /** Loads the rest of what code may use. */
  more(): (host: Host) => More;
}

export interface More {
  format(args: readonly unknown[]): string;
  fire(timer: number): void;
  readonly globals: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly runId?: string;
}
