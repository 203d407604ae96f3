import { isAbsolute } from 'node:path';
import { TokaError } from '../errors.ts';
import type { ExecutionRequest } from './request.ts';

const MODELS: readonly unknown[] = ['tool', 'code', 'agent', 'prompt'] satisfies ExecutionRequest['model'][];

/**
 * What all requests have, for programs that are written without types: what they get wrong is no defect of toka.
 *
 * @throws TokaError TOKA_USAGE
 */
export function demandRequest(request: ExecutionRequest, { isClosed }: { readonly isClosed: boolean }): ExecutionRequest {
  if (isClosed) throw new TokaError('TOKA_USAGE', 'expected an open toka, found one that was closed', { hint: 'open another one with createToka' });
  const wrong = wrongPart(members(request));
  if (wrong === undefined) return request;
  throw new TokaError('TOKA_USAGE', `expected a request, found one whose ${wrong}`, { hint: 'let toka.request, toka.code or toka.agent make it, and add to what they return' });
}

function wrongPart({ model, principal, cwd, params, target, language, agent, allow = [], deny = [], timeoutMs = 1 }: Readonly<Record<string, unknown>>): string | undefined {
  if (!MODELS.includes(model)) return `model is none of ${MODELS.join(', ')}`;
  if (typeof members(principal)['subject'] !== 'string') return 'principal is nobody';
  if (typeof cwd !== 'string' || !isAbsolute(cwd)) return 'cwd is no absolute path';
  if (typeof params !== 'object' || params === null) return 'params are no object';
  if (model === 'tool' && !isTarget(members(target))) return 'target names no tool and no command';
  if (model === 'code' && typeof language !== 'string') return 'language is no text';
  if (model === 'agent' && typeof agent !== 'string') return 'agent is no text';
  if (![allow, deny].every(isTexts)) return 'allow or deny is no list of texts';
  return typeof timeoutMs === 'number' && timeoutMs > 0 ? undefined : 'timeoutMs is no number above 0';
}

function isTarget({ kind, name, command }: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'named') return typeof name === 'string';
  const { argv } = members(command);
  return kind === 'command' && isTexts(argv) && argv.length > 0;
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
