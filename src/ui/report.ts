import { EXIT_CODES, type ErrorCode, type TokaError } from '../errors.ts';
import { asResultError, type ResultError } from '../pipeline/result.ts';
import { paint, plain, type Terminal } from './text.ts';

/** An error as people read it: what, where, the next step. */
export function errorText(error: ResultError, view: Terminal): string {
  const lines = [
    `${paint(view, 'red', 'error')} ${paint(view, 'dim', error.code)} ${plain(error.message)}`,
    ...(error.where === undefined ? [] : [`  at ${plain(error.where)}`]),
    ...(error.hint === undefined ? [] : [`  ${paint(view, 'cyan', 'next:')} ${plain(error.hint)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The shape of an error outside a run, printed with `--json`. */
export function errorJson(error: TokaError): string {
  return `${JSON.stringify({ schema: 'toka/error/v1', error: asResultError(error) })}\n`;
}

/** The exit code that a coded error stands for. */
export function exitCodeOf(error: { readonly code: string } | undefined): number {
  if (!error) return 0;
  return Object.hasOwn(EXIT_CODES, error.code) ? EXIT_CODES[error.code as ErrorCode] : 1;
}
