/** The port of the sandbox's own loopback at which toka answers; nothing else can have it there. */
export const GATE_PORT = 62_811;

/** What tells programs where the way out is: curl, git, pip, npm, Go, Python and, with its switch, Node.js heed these. */
export function proxyVariables(): Record<string, string> {
  const http = `http://127.0.0.1:${GATE_PORT}`;
  const upper = { HTTP_PROXY: http, HTTPS_PROXY: http, ALL_PROXY: `socks5h://127.0.0.1:${GATE_PORT}`, NO_PROXY: '' };
  const lower = Object.fromEntries(Object.entries(upper).map(([name, value]) => [name.toLowerCase(), value]));
  return { ...upper, ...lower, NODE_USE_ENV_PROXY: '1' };
}
