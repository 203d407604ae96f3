/** An error that keeps its meaning across packages and processes: it is recognised by its `code`, never by its class. */
export interface CodedError extends Error {
  /** Stable, upper-case, for programs to compare: `FILE_NOT_TEXT`. */
  readonly code: string;
  /** What the person can do next. */
  readonly hint?: string;
}

/**
 * Makes an error with a stable code.
 *
 * @param code Upper-case words joined by `_`, stable across releases.
 * @param message What was expected and what was found, in one sentence.
 * @param options `hint`: the next step for the person; `cause`: the error underneath.
 * @returns The error, ready to throw.
 * @throws TypeError if the code is not of that form.
 * @example
 * const error = coded('FILE_NOT_TEXT', 'logo.png is not a text file', { hint: 'pass --encoding base64' });
 * error.code; // 'FILE_NOT_TEXT'
 */
export function coded(code: string, message: string, options: { hint?: string; cause?: unknown } = {}): CodedError {
  if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code)) throw new TypeError(`not an error code: ${code}`);
  const error = new Error(message, 'cause' in options ? { cause: options.cause } : undefined);
  return Object.assign(error, { code, ...(options.hint === undefined ? {} : { hint: options.hint }) });
}

/**
 * Tells whether a thrown value carries a code.
 *
 * @param error Whatever was caught.
 * @returns Whether it is an `Error` with a string `code`.
 * @example
 * isCoded(coded('FILE_TOO_LARGE', 'the file is too large')); // true
 * isCoded(new Error('no code')); // false
 */
export function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && typeof (error as Partial<CodedError>).code === 'string';
}
