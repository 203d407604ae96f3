import { TokaError } from '../errors.ts';

/** What a `net:connect` scope names: one host or all below a name, at one port or at every port. */
export interface Endpoint {
  /** A name, an IPv4 address, an IPv6 address in brackets, `*.NAME` or `*`, in its one spelling. */
  readonly host: string;
  /** Absent: every port. */
  readonly port?: number;
}

const MAX_NAME = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NUMBER = /^(\d+|0x[0-9a-f]*)$/;
const IPV4 = /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.|$)){4}$/;
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/**
 * The one spelling of a host: lower case, IDN as punycode, no final dot, IPv6 in brackets by RFC 5952, and an IPv4 address that is
 * wrapped in IPv6 as the IPv4 address that it is. IPv4 addresses in other than four plain decimals are refused: programs differ in what
 * they take them for.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID
 * @example normaliseHost('API.GitHub.com.') // 'api.github.com'
 */
export function normaliseHost(text: string): string {
  if (text.startsWith('[')) return normaliseIPv6(text);
  const ascii = toAscii(text).toLowerCase();
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  const labels = name.split('.');
  if (NUMBER.test(labels.at(-1) ?? '')) {
    if (IPV4.test(name)) return name;
    throw invalid(text, 'an IPv4 address is four decimals from 0 to 255 without leading zeros');
  }
  if (name.includes(':')) throw invalid(text, 'an IPv6 address stands in brackets, and a port is a number after the host');
  if (name.length > MAX_NAME || !labels.every((label) => LABEL.test(label))) throw invalid(text, 'a host is a name such as api.github.com, or an address');
  return name;
}

/**
 * Reads `HOST[:PORT]`, where HOST may also be `*.NAME` (every name below it, at any depth) or `*`, and PORT `*`.
 *
 * @throws TokaError TOKA_CAPABILITY_INVALID
 * @example parseEndpoint('*.Example.org:443') // { host: '*.example.org', port: 443 }
 */
export function parseEndpoint(text: string): Endpoint {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::([^:]*))?$/.exec(text) ?? [];
  if (host === '') throw invalid(text, text.split(':').length > 2 ? 'an IPv6 address stands in brackets' : 'it names no host');
  return { host: parsePattern(host), ...(port === undefined || port === '*' ? {} : { port: parsePort(port, text) }) };
}

/** Prints an endpoint in the form that `parseEndpoint` reads. */
export function printEndpoint({ host, port }: Endpoint): string {
  return port === undefined ? host : `${host}:${port}`;
}

/** Whether `a` names every place that `b` names. */
export function containsEndpoint(a: Endpoint, b: Endpoint): boolean {
  return containsHost(a.host, b.host) && (a.port === undefined || a.port === b.port);
}

/** Whether some place is named by both. */
export function meetsEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (containsHost(a.host, b.host) || containsHost(b.host, a.host)) && (a.port === undefined || b.port === undefined || a.port === b.port);
}

/** The last part of an address is a number or a bracket, so no address ends like a name. */
function containsHost(a: string, b: string): boolean {
  return a === '*' || a === b || (a.startsWith('*.') && b.length >= a.length && b.endsWith(a.slice(1)));
}

function parsePattern(host: string): string {
  if (host === '*') return host;
  if (!host.startsWith('*.')) return normaliseHost(host);
  const name = normaliseHost(host.slice(2));
  if (IPV4.test(name) || name.startsWith('[')) throw invalid(host, 'only names have others below them');
  return `*.${name}`;
}

function parsePort(text: string, whole: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(whole, 'a port is one number from 1 to 65535; without one, every port is meant');
}

function normaliseIPv6(text: string): string {
  let address: string;
  try {
    // A zone (%eth0) is refused here as well: it means something on one machine only.
    address = new URL(`http://${text}`).host;
  } catch (cause) {
    throw invalid(text, 'this is no IPv6 address', cause);
  }
  if (!/^\[[0-9a-f:]+\]$/.test(address)) throw invalid(text, 'this is no IPv6 address');
  const [, high, low] = MAPPED.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/** Loads the tables of names in other scripts only where there is one. */
function toAscii(text: string): string {
  if (/^[\u0021-\u007e]*$/.test(text)) return text;
  const ascii = process.getBuiltinModule('node:url').domainToASCII(text);
  if (ascii === '' || /[^\u0021-\u007e]/.test(ascii)) throw invalid(text, 'this is no name of a host in any script');
  return ascii;
}

function invalid(text: string, why: string, cause?: unknown): TokaError {
  return new TokaError('TOKA_CAPABILITY_INVALID', `${JSON.stringify(text)} is no host to connect to: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'write HOST or HOST:PORT, for instance api.github.com:443, *.example.org or [2001:db8::1]:443',
  });
}
