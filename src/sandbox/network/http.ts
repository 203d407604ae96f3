import { type IncomingMessage, request as sendRequest, createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { NoConnection, readTarget } from './dial.ts';
import { join } from './tunnel.ts';

const MAX_HEADER = 16 * 1024;
const MAX_HEADERS = 100;

/** What concerns one connection only (RFC 9110 7.6.1), and what speaks to the proxy. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const STATUS = { refused: 403, unknown: 502, failed: 502, unreadable: 400 } as const;

type Open = (host: string, port: number) => Promise<Socket>;

/** The half of the proxy that speaks HTTP: CONNECT, and requests that name a whole `http:` address. It has nothing of its own to ask for. */
export function httpServer(open: Open, idleMs: number): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER, insecureHTTPParser: false });
  server.maxHeadersCount = MAX_HEADERS;
  server.timeout = idleMs;
  server.on('connect', (request, client: Socket, head) => void tunnel(request, client, head, open, idleMs));
  server.on('request', (request, response) => void forward(request, response, open));
  server.on('clientError', (_, client) => client.destroy());
  return server;
}

async function tunnel({ url = '' }: IncomingMessage, client: Socket, head: Buffer, open: Open, idleMs: number): Promise<void> {
  client.on('error', () => client.destroy());
  try {
    const [, host = '', port] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(url) ?? [];
    if (host === '') throw new NoConnection('unreadable', url, 'CONNECT takes HOST:PORT');
    const upstream = await open(host, Number(port));
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) upstream.write(head);
    join(client, upstream, idleMs);
  } catch (error) {
    const { status, text } = answerTo(error);
    const reason = status === 403 ? 'Forbidden' : status === 400 ? 'Bad Request' : 'Bad Gateway';
    client.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
  }
}

async function forward(request: IncomingMessage, response: ServerResponse, open: Open): Promise<void> {
  let upstream: Socket | undefined;
  try {
    const { host, port, path } = targetOf(request);
    upstream = await open(host, port);
    const answer = await ask(request, path, upstream);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, onwardHeaders(answer.rawHeaders));
    pipeline(answer, response, () => upstream?.destroy());
  } catch (error) {
    upstream?.destroy();
    fail(response, error);
  }
}

function ask(request: IncomingMessage, path: string, upstream: Socket): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const onward = sendRequest({
    createConnection: () => upstream,
    method: request.method ?? 'GET',
    path,
    headers: onwardHeaders(request.rawHeaders),
    setHost: false,
  });
  onward.on('response', resolve);
  onward.on('close', () => reject(new NoConnection('failed', path, 'the host closed the connection without an answer')));
  pipeline(request, onward, (error) => error && reject(error));
  return promise;
}

/** The Host header must be the one of the address: a server behind the same address could otherwise be asked in another's name. */
function targetOf({ url = '', rawHeaders }: IncomingMessage): { readonly host: string; readonly port: number; readonly path: string } {
  const [, host = '', port = '80', path = ''] = /^http:\/\/(\[[^\]]*\]|[^:/?#@]*)(?::(\d{1,5}))?([/?].*)?$/i.exec(url) ?? [];
  if (host === '') throw new NoConnection('unreadable', url, 'this is a proxy: it takes CONNECT, SOCKS5 and requests for http:// addresses');
  const target = readTarget(host, Number(port));
  const named = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === 'host');
  const [, name = '', at = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(named[0] ?? '') ?? [];
  const isSame = named.length === 1 && name !== '' && sameTarget(readTarget(name, Number(at)), target);
  if (!isSame) throw new NoConnection('unreadable', url, 'the Host header is not the host of the address');
  return { ...target, path: path.startsWith('/') ? path : `/${path}` };
}

function sameTarget(one: { host: string; port: number }, other: { host: string; port: number }): boolean {
  return one.host === other.host && one.port === other.port;
}

/** Header lines as they came, but for those of the connection they came on. */
function onwardHeaders(raw: readonly string[]): string[] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!] as const] : []));
  const listed = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  const dropped = new Set([...HOP_BY_HOP, ...listed.filter((name) => name !== 'host')]);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat();
}

function fail(response: ServerResponse, error: unknown): void {
  const { status, text } = answerTo(error);
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text);
}

function answerTo(error: unknown): { readonly status: number; readonly text: string } {
  if (!(error instanceof NoConnection)) return { status: 502, text: 'toka: no connection\n' };
  const { grant, message, reason } = error;
  return { status: STATUS[reason], text: `toka: ${message}${grant === undefined ? '' : `; ${grant} would allow it`}\n` };
}
