import { resolve } from 'node:path';
import * as z from 'zod';
import { TokaError, toTokaError } from '../../../errors.ts';
import { issuesError, parseOrThrow } from '../../../manifest/load.ts';
import { line, prose, strict, toolName } from '../../../manifest/parts.ts';
import { readTextFile } from '../../../manifest/read.ts';
import { check } from '../../../manifest/zod-issues.ts';
import type { Message } from '../../../pipeline/agent/port.ts';
import { replaceFile } from '../../../replace-file.ts';
import type { Door } from '../../door.ts';
import { errorText } from '../../report.ts';
import { asResultError } from '../../../pipeline/result.ts';
import { terminal } from '../../text.ts';
import { type SessionFlags, shown, tell, withSessions } from './sessions.ts';
import { transcript } from './transcript.ts';
import { cleaned, withoutSecrets } from './without-secrets.ts';

/** Bytes of a session that is imported. */
const MAX_BYTES = 32 * 1024 * 1024;

/** `toka agent sessions export SESSION` */
export async function exportSession(prefix: string, { format, out, storage }: Omit<SessionFlags, 'json'> & { readonly format: 'markdown' | 'json'; readonly out?: string | undefined }, door: Door): Promise<number> {
  return withSessions({ storage }, door, async (sessions) => {
    const session = await sessions.find(prefix);
    const clean = withoutSecrets(door.env);
    const turns = cleaned(await sessions.turns(session.id), clean);
    const text = format === 'json' ? `${JSON.stringify({ schema: 'toka/agent-session/v1', session: cleaned(shown(session), clean), turns })}\n` : transcript(clean(session.title), turns);
    if (out === undefined) door.stdout.write(text);
    else write(resolve(door.cwd, out), text);
    return 0;
  }, true);
}

function write(file: string, text: string): void {
  try {
    replaceFile(file, [text], 0o600);
  } catch (cause) {
    throw new TokaError('TOKA_FS_FAILED', `cannot write the session: ${toTokaError(cause).message}`, { cause, hint: 'check the folder that --out names, and the free space there', where: { file } });
  }
}

const said = z.union([strict({ type: z.literal('text'), text: z.string() }), strict({ type: z.literal('image'), mediaType: line(100), base64: z.base64() })]);
const json = z.json();
const object = z.record(z.string(), json);
const part = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('reasoning'), text: z.string() }),
  z.object({ type: z.literal('tool-call'), id: z.string(), name: z.string(), params: object }),
]);
const result = z.object({ id: z.string(), name: z.string(), output: json, isError: z.boolean().optional() });
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), parts: z.array(said) }),
  z.object({ role: z.literal('assistant'), parts: z.array(part) }),
  z.object({ role: z.literal('tool'), results: z.array(result) }),
  z.object({ role: z.literal('summary'), text: z.string() }),
]);
const sessionFile = z.object({
  schema: z.literal('toka/agent-session/v1'),
  session: z.object({ title: z.union([prose(200), z.literal('')]), agent: toolName }),
  turns: z.array(z.object({ messages: z.array(message) })).max(10_000),
});

type Turns = z.output<typeof sessionFile>['turns'];

/** `toka agent sessions import FILE` */
export async function importSession(path: string, { agent: own, json: isJson, storage }: SessionFlags & { readonly agent?: string | undefined }, door: Door): Promise<number> {
  const { session: from, turns } = read(resolve(door.cwd, path), path);
  return withSessions({ storage }, door, async (sessions, toka) => {
    const session = await sessions.create(own ?? from.agent, from.title);
    const run = await toka.run(toka.agent(session.agent, { said: [], takenOver: untrusted(turns), session: session.id }));
    if (!run.error) return tell('import', await sessions.get(session.id), isJson, door);
    await sessions.remove(session.id);
    if (isJson) door.stdout.write(`${JSON.stringify({ schema: 'toka/error/v1', error: run.error })}\n`);
    else door.stderr.write(errorText(run.error, terminal(door.stderr, door.env)));
    return toTokaError(asError(run.error)).exitCode;
  });
}

function asError({ code, message: text }: ReturnType<typeof asResultError>): TokaError {
  return new TokaError(code as TokaError['code'], text);
}

function read(file: string, path: string): z.output<typeof sessionFile> {
  const found = readTextFile(file, MAX_BYTES);
  if ('issue' in found) throw new TokaError('TOKA_USAGE', `expected a session as toka agent sessions export --format json writes it: ${found.issue.expected}, found ${found.issue.found}`, { where: { file: path }, hint: 'check the path' });
  const parsed = parseOrThrow('TOKA_EXPORT_INVALID', found.text, file);
  const checked = check(sessionFile, parsed.value);
  if ('data' in checked) return checked.data;
  throw issuesError('TOKA_EXPORT_INVALID', file, checked.issues, parsed);
}

/** Whatever stands in a file was written by whoever wrote the file: it says of itself that it was the person, and is not believed. */
function untrusted(turns: Turns): Message[] {
  const origins = ['file'] as const;
  return turns.flatMap(({ messages }) =>
    messages.map((each): Message => {
      switch (each.role) {
        case 'user':
          return { ...each, origins };
        case 'assistant':
          return each;
        case 'tool':
          return { role: 'tool', results: each.results.map(({ isError, ...rest }) => ({ ...rest, ...(isError === undefined ? {} : { isError }), origins })) };
        case 'summary':
          return { ...each, origins };
      }
    }),
  );
}
