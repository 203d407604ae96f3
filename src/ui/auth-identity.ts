import { resolve } from 'node:path';
import { isSubject } from '../capability/token/facts.ts';
import type { Identities, Identity } from '../capability/token/identity.ts';
import { TokaError } from '../errors.ts';
import { localUser } from '../toka.ts';
import type { Door } from './door.ts';
import { demandOwnRight } from './own-right.ts';
import { when } from './runs-list.ts';
import { paint, plain, plainLine, terminal } from './text.ts';
import { lifetimeOf, readToken, writeToken } from './token-files.ts';

interface CreateFlags {
  readonly audience: string;
  readonly json: boolean;
  readonly out?: string | undefined;
  readonly ttl: string;
  readonly workspace?: string | undefined;
}

/** `toka auth identity create`. */
export async function createIdentity({ audience, json, out, ttl, workspace }: CreateFlags, door: Door): Promise<number> {
  demandOwnRight(door.env);
  const request = { subject: localUser(), audience: audienceOf(audience), lifetime: lifetimeOf(ttl) };
  const { text, identity } = await withIdentities(door, async (identities) =>
    identities.create({ ...request, ...(workspace === undefined ? {} : { workspace: resolve(door.cwd, workspace) }) }),
  );
  const file = out === undefined ? undefined : resolve(door.cwd, out);
  if (file !== undefined) writeToken(file, text);
  if (json) door.stdout.write(`${JSON.stringify({ ...shown(identity), ...(file === undefined ? { token: text } : { file }) })}\n`);
  else if (file === undefined) door.stdout.write(`${text}\n`);
  else door.stdout.write(`${plain(file)} holds the identity token ${identity.id}, until ${when(identity.expires * 1000)}\n`);
  return 0;
}

/** `toka auth identity verify`. */
export async function verifyIdentity(source: string, { audience, json }: { readonly audience: string; readonly json: boolean }, door: Door): Promise<number> {
  const text = await readToken(source, door);
  const identity = await withIdentities(door, (identities) => identities.verify(text, audienceOf(audience)));
  door.stdout.write(json ? `${JSON.stringify({ ...shown(identity), holds: true })}\n` : describe(identity, door));
  return 0;
}

async function withIdentities<T>(door: Door, work: (identities: Identities) => Promise<T>): Promise<T> {
  const toka = await door.open({ readOnly: true });
  try {
    return await work(await toka.identities());
  } finally {
    await toka.close();
  }
}

function audienceOf(text: string): string {
  if (isSubject(text)) return text;
  throw new TokaError('TOKA_USAGE', '--audience takes a name of 1 to 100 characters, none of which controls a terminal', { hint: 'write for instance --audience build-server' });
}

function shown({ audience, expires, id, issued, kid, subject, workspace }: Identity): Readonly<Record<string, unknown>> {
  return { schema: 'toka/identity/v1', id, kid, subject, audience, issuedAt: issued * 1000, expiresAt: expires * 1000, workspace };
}

function describe({ audience, expires, id, issued, kid, subject, workspace }: Identity, door: Door): string {
  const lines = [
    paint(terminal(door.stdout, door.env), 'green', 'holds here and now'),
    `id           ${id}`,
    `key          ${kid}`,
    `subject      ${subject}`,
    `audience     ${audience}`,
    `made         ${when(issued * 1000)}`,
    `expires      ${when(expires * 1000)}`,
    `only in      ${workspace}`,
  ];
  return lines.map((line) => `${plainLine(line)}\n`).join('');
}
