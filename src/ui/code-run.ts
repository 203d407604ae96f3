import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import type { JsonObject, JsonValue } from '@toka/sdk';
import { parseBudget } from '../capability/budget-text.ts';
import { TokaError } from '../errors.ts';
import { languageOf, runtimeOf } from '../registry/runtimes.ts';
import type { CodeRequest, Toka } from '../toka.ts';
import { saveArtifacts } from './artifacts.ts';
import type { Door } from './door.ts';
import { doorTo } from './door.ts';
import { listenForInterrupts } from './interrupt.ts';
import { levelFor, limitsFrom } from './limit-flags.ts';
import { liveView } from './live.ts';
import { readParams } from './params.ts';
import { showResult } from './run-result.ts';
import { terminal } from './text.ts';

export interface CodeRunFlags {
  readonly allow?: readonly string[] | undefined;
  readonly artifacts?: string | undefined;
  readonly budget?: string | undefined;
  readonly cpu?: string | undefined;
  readonly json: boolean;
  readonly language?: string | undefined;
  readonly level?: string | undefined;
  readonly 'max-disk'?: string | undefined;
  readonly 'max-output'?: string | undefined;
  readonly memory?: string | undefined;
  readonly param?: readonly string[] | undefined;
  readonly params?: string | undefined;
  readonly pids?: string | undefined;
  readonly quiet: boolean;
  readonly requirement?: readonly string[] | undefined;
  readonly storage?: string | undefined;
  readonly timeout?: string | undefined;
  readonly token?: string | undefined;
}

const MAX_SOURCE = 16 * 1024 * 1024;

/** `toka code run [FILE|-]` */
export async function runCode(file: string | undefined, flags: CodeRunFlags, door: Door): Promise<number> {
  requireOneReader(file, flags, door);
  const toka = await doorTo(flags.storage, door).open();
  try {
    const request = await requestOf(toka, file, flags, door);
    return await carryOut(toka, request, flags, door);
  } finally {
    await toka.close();
  }
}

function requireOneReader(file: string | undefined, { params }: CodeRunFlags, { stdin }: Door): void {
  const isPiped = file === undefined || file === '-';
  if (isPiped && params === '-') throw new TokaError('TOKA_USAGE', 'both the code and --params - would read standard input', { hint: 'give the code as a file, or the parameters' });
  if (file === undefined && stdin.isTTY) throw new TokaError('TOKA_USAGE', 'toka code run takes a file with code, found none', { hint: 'name a file, or pipe the code in: toka code run --language js -' });
}

async function requestOf(toka: Toka, file: string | undefined, flags: CodeRunFlags, door: Door): Promise<CodeRequest> {
  const language = languageFor(toka, file, flags.language);
  const { supports } = runtimeOf(language, toka.runtimes());
  const requirements = flags.requirement ?? [];
  if (requirements.length > 0 && !supports.requirements) throw new TokaError('TOKA_USAGE', `${language} takes no --requirement`, { hint: 'leave it out' });
  const limits = limitsFrom(flags);
  const allow = flags.allow ?? [];
  const request = toka.code({
    language,
    source: await readSource(file, supports.binary === true, door),
    name: file === undefined || file === '-' ? '<stdin>' : file,
    params: { ...(flags.params === undefined ? {} : ((await readParams(flags.params, door.stdin)) as JsonObject)), ...assignments(flags.param ?? []) },
    requirements,
    level: levelFor(flags.level, limits, allow),
    limits,
    capabilities: allow,
  });
  const principal = flags.token === undefined ? {} : { principal: await toka.bearer(flags.token) };
  return { ...request, ...principal, allow, ...(flags.budget === undefined ? {} : { budget: parseBudget(flags.budget) }) };
}

function languageFor(toka: Toka, file: string | undefined, named: string | undefined): string {
  if (named !== undefined) return named;
  const language = file === undefined ? undefined : languageOf(file, toka.runtimes());
  if (language !== undefined) return language;
  const known = toka.runtimes().flatMap(({ languages }) => Object.keys(languages)).toSorted();
  throw new TokaError('TOKA_USAGE', `the language of ${file === undefined || file === '-' ? 'standard input' : file} is not known`, { hint: `say it: --language ${known.join('|')}` });
}

async function readSource(file: string | undefined, isBinary: boolean, { stdin }: Door): Promise<string> {
  const place = file === undefined || file === '-' ? 'standard input' : file;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of place === 'standard input' ? stdin : createReadStream(place)) {
      bytes += (chunk as Uint8Array).byteLength;
      if (bytes > MAX_SOURCE) throw new TokaError('TOKA_USAGE', `${place} is larger than ${MAX_SOURCE} bytes`, { hint: 'let the code read its data from a file' });
      chunks.push(chunk as Uint8Array);
    }
  } catch (cause) {
    if (cause instanceof TokaError) throw cause;
    throw new TokaError('TOKA_USAGE', `cannot read ${place}: ${(cause as Error).message}`, { cause, hint: 'check the path' });
  }
  const source = Buffer.concat(chunks);
  if (isBinary) return source.toString('base64');
  if (isUtf8(source)) return source.toString('utf8');
  throw new TokaError('TOKA_USAGE', `expected text in ${place}, found bytes that are no UTF-8`, { hint: 'say its language with --language' });
}

/** Values that are JSON are taken as that, others as text. */
function assignments(texts: readonly string[]): JsonObject {
  const params: Record<string, JsonValue> = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new TokaError('TOKA_USAGE', `--param takes NAME=VALUE, found "${text}"`, { hint: 'write for instance --param limit=20' });
    Object.defineProperty(params, text.slice(0, equals), { value: valueOf(text.slice(equals + 1)), enumerable: true, configurable: true, writable: true });
  }
  return params;
}

function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

async function carryOut(toka: Toka, request: CodeRequest, { artifacts, json, quiet }: CodeRunFlags, door: Door): Promise<number> {
  const live = liveView({ streams: door, view: terminal(door.stderr, door.env), output: json ? (quiet ? 'nowhere' : 'stderr') : 'stdout', quiet });
  const interrupts = listenForInterrupts(door.stderr);
  try {
    const result = await toka.run({ ...request, signal: interrupts.signal, onEvent: live.show });
    live.end();
    // Of a run whose outcome is not on record nothing is kept.
    if (artifacts !== undefined && result.error?.code !== 'TOKA_STATE_UNAVAILABLE') await saveArtifacts(await toka.journal(), result.runId, artifacts, door);
    return showResult(result, 'code', { json }, door);
  } finally {
    interrupts.end();
  }
}
