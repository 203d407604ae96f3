/** All that reaches out of the isolate: text that was made inside of it, and numbers. */
export interface Host {
  /** Starts a call; `text` is the JSON of its alias and parameters. Answers '' or the JSON of why it is refused. */
  call(call: number, text: string): string;
  /** `stream` is 1 or 2, `text` is the JSON of a text. */
  print(stream: number, text: string): void;
  /** Keeps a file; `name` is the JSON of its name. Answers '' or the JSON of why it is refused. */
  keep(name: string, content: ArrayBuffer): string;
  /** Answers whether it was set. */
  setTimer(timer: number, delay: number): boolean;
  clearTimer(timer: number): void;
  /** Ends the run; `kind` is 'result' or 'threw'. */
  end(kind: string, text: string): void;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly runId?: string;
}
