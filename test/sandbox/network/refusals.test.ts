import { describe, expect, it } from 'vitest';
import { python, runWithNetwork, sh, tcp, web } from './support.ts';

const hello = () => web((_, response) => void response.end('hello'));
/** Prints the status of the proxy's answer, and the exit code of curl. */
const CURL = 'curl -s -o /dev/null -m 10 -w "%{http_code} %{http_connect} %{exitcode}" "$@"';

describe('a connection that no grant covers is refused, with the grant that would allow it', () => {
  it.each([
    ['another port', 'http://127.0.0.1:9/', 'net:connect:127.0.0.1:9'],
    ['another host', 'http://example.net/', 'net:connect:example.net:80'],
    ['a name of the granted address', 'http://localhost:{port}/', 'net:connect:localhost:{port}'],
    ['a name that only begins like the granted one', 'http://127.0.0.1.example.net:{port}/', 'net:connect:127.0.0.1.example.net:{port}'],
    ['another loopback', 'http://127.0.0.2:{port}/', 'net:connect:127.0.0.2:{port}'],
    ['loopback of IPv6', 'http://[::1]:{port}/', 'net:connect:[::1]:{port}'],
    ['the metadata service of a cloud', 'http://169.254.169.254/latest/meta-data/', 'net:connect:169.254.169.254:80'],
  ])('%s', async (_, url, grant) => {
    await using server = await hello();
    const of = (text: string): string => text.replace('{port}', String(server.port));
    for (const how of [[], ['--proxytunnel'], ['--proxy', 'socks5h://127.0.0.1:62811']]) {
      const ran = await runWithNetwork(sh(CURL, ...how, of(url)), [`net:connect:127.0.0.1:${server.port}`]);
      expect({ stdout: ran.stdout, refusals: ran.refusals, traffic: ran.traffic }).toEqual({
        stdout: how.length === 0 ? '403 000 0' : how.length === 1 ? '000 403 56' : '000 000 97',
        refusals: [of(grant)],
        traffic: { connections: 0, refused: 1, sent: 0, received: 0 },
      });
    }
    expect(server.seen).toEqual([]);
  });

  it('the target of a redirect', async () => {
    await using secret = await hello();
    await using server = await web((_, response) => void response.writeHead(302, { location: `http://127.0.0.1:${secret.port}/` }).end());
    const ran = await runWithNetwork(sh(CURL, '-L', `http://127.0.0.1:${server.port}/`), [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ stdout: '403 000 0', refusals: [`net:connect:127.0.0.1:${secret.port}`] });
    expect(secret.seen).toEqual([]);
  });

  it('all of them, told once where they are the same', async () => {
    const ran = await runWithNetwork(sh('for i in 1 2 3; do curl -s http://example.net/; done'), ['net:connect:example.org']);
    expect(ran).toMatchObject({ refusals: ['net:connect:example.net:80'], traffic: { refused: 3 } });
  });
});

describe('a name that leads to this machine is refused unless a grant names the address', () => {
  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', 'fd00:ec2::254', '0.0.0.0', '224.0.0.1'])('%s', async (address) => {
    await using server = await hello();
    const options = { resolve: () => Promise.resolve([address]) };
    const plain = address.replace('::ffff:', '');
    for (const grants of [[`net:connect:rebound.example.org:${server.port}`], ['net:connect'], ['net:connect:*']]) {
      const ran = await runWithNetwork(sh(CURL, `http://rebound.example.org:${server.port}/`), grants, options);
      expect(ran).toMatchObject({ stdout: '403 000 0', refusals: [`net:connect:${plain.includes(':') ? `[${plain}]` : plain}:${server.port}`] });
    }
    expect(server.seen).toEqual([]);
  });

  it('also when it led elsewhere before: each connection goes to the address that was checked', async () => {
    await using server = await hello();
    const asked: string[] = [];
    const resolve = (host: string) => {
      asked.push(host);
      // What was checked first is an address that nobody answers at, what a second look-up would say is this machine.
      return Promise.resolve([asked.length === 1 ? '240.0.0.1' : '127.0.0.1']);
    };
    const ran = await runWithNetwork(sh(CURL, `http://rebound.example.org:${server.port}/`), [`net:connect:rebound.example.org:${server.port}`], { resolve });
    expect({ asked, seen: server.seen, refused: ran.traffic?.refused }).toEqual({ asked: ['rebound.example.org'], seen: [], refused: 1 });
  });

  it('passes over such an address where the name has another', async () => {
    await using server = await hello();
    const ran = await runWithNetwork(
      sh(CURL, `http://both.example.org:${server.port}/`),
      [`net:connect:both.example.org:${server.port}`, `net:connect:127.0.0.1:${server.port}`],
      { resolve: () => Promise.resolve(['10.255.255.1', '127.0.0.1']) },
    );
    expect(ran).toMatchObject({ stdout: '200 000 0', refusals: [] });
  });

  it('asks for the names of granted hosts alone', async () => {
    const asked: string[] = [];
    const resolve = (host: string) => {
      asked.push(host);
      return Promise.resolve([]);
    };
    const ran = await runWithNetwork(sh('curl -s http://secret-in-a-name.example.net/; curl -s -w "%{http_code}" -o /dev/null http://example.org/'), ['net:connect:example.org:80'], { resolve });
    expect({ asked, stdout: ran.stdout.slice(-3) }).toEqual({ asked: ['example.org'], stdout: '502' });
  });
});

describe('there is no way round the proxy', () => {
  const attempt = async (script: string, port = 0) => runWithNetwork(python(`import socket, sys\nport = int(sys.argv[1])\n${script}`, String(port)), ['net:connect', `net:connect:127.0.0.1:${port}`, 'net:connect:localhost']);

  it.each([
    ['a socket of its own', "socket.create_connection(('127.0.0.1', port), 5)"],
    ['UDP', "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('192.0.2.1', 53))"],
    ['a name looked up by itself', "socket.getaddrinfo('example.org', 80)"],
    ['a unix socket', "socket.socket(socket.AF_UNIX).connect('\\0toka')"],
    ['a second listener at the port', "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', 62811)); s.listen()"],
  ])('%s', async (_, script) => {
    await using server = await hello();
    const ran = await attempt(script, server.port);
    expect(ran.exitCode).toBe(1);
    expect(server.seen).toEqual([]);
  });

  it.each([
    ['a page of its own', 'GET / HTTP/1.1\r\nHost: 127.0.0.1:62811\r\n\r\n', '400'],
    ['another scheme', 'GET ftp://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n', '400'],
    ['a name with a user', 'GET http://127.0.0.1:{port}@example.net/ HTTP/1.1\r\nHost: example.net\r\n\r\n', '400'],
    ['another Host than the address', 'GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: example.net\r\n\r\n', '400'],
    ['two Hosts', 'GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: example.net\r\n\r\n', '400'],
    ['no Host', 'GET http://127.0.0.1:{port}/ HTTP/1.0\r\n\r\n', '400'],
    ['a decimal address', 'CONNECT 2130706433:{port} HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['an octal address', 'CONNECT 0177.0.0.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['a short address', 'CONNECT 127.1:{port} HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['no port', 'CONNECT 127.0.0.1 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['port 0', 'CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['a port too high', 'CONNECT 127.0.0.1:70000 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
    ['a name with a zero byte', 'CONNECT 127.0.0.1\0.example.net:{port} HTTP/1.1\r\nHost: x\r\n\r\n', ''],
    ['a header beyond the limit', `CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: ${'x'.repeat(20_000)}\r\n\r\n`, ''],
    ['two lengths of a body', 'POST http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ''],
    ['not HTTP', 'SSH-2.0-hello\r\n', ''],
    ['SOCKS4', '\u0004\u0001\0P\u007f\0\0\u0001\0', ''],
    ['SOCKS5 with a password only', '\u0005\u0001\u0002', '\u0005ÿ'],
    ['SOCKS5 to listen', '\u0005\u0001\0\u0005\u0002\0\u0001\u007f\0\0\u0001\0P', '\u0005\0\u0005\u0007\0\u0001\0\0\0\0\0\0'],
    ['SOCKS5 for UDP', '\u0005\u0001\0\u0005\u0003\0\u0001\u007f\0\0\u0001\0P', '\u0005\0\u0005\u0007\0\u0001\0\0\0\0\0\0'],
    ['SOCKS5 to an unknown kind of address', '\u0005\u0001\0\u0005\u0001\0\u0002', '\u0005\0\u0005\b\0\u0001\0\0\0\0\0\0'],
    ['SOCKS5 with an empty name', '\u0005\u0001\0\u0005\u0001\0\u0003\0\0P', '\u0005\0\u0005\b\0\u0001\0\0\0\0\0\0'],
  ])('%s', async (_, bytes, answer) => {
    await using server = await hello();
    const sent = Buffer.from(bytes.replaceAll('{port}', String(server.port)), 'latin1').toString('hex');
    const ran = await attempt(
      `s = socket.create_connection(('127.0.0.1', 62811), 10); s.sendall(bytes.fromhex('${sent}'))\ns.shutdown(socket.SHUT_WR)\nsys.stdout.buffer.write(b''.join(iter(lambda: s.recv(9999), b'')).hex().encode())`,
      server.port,
    );
    const said = Buffer.from(ran.stdout, 'hex').toString('latin1');
    expect(answer.length === 3 ? said.split(' ')[1] : said).toBe(answer);
    expect(server.seen).toEqual([]);
  });

  it('a target that asks the proxy itself', async () => {
    const ran = await runWithNetwork(sh(CURL, 'http://127.0.0.1:62811/'), ['net:connect:127.0.0.1:62811']);
    // On toka's side nobody listens there.
    expect(ran).toMatchObject({ stdout: '502 000 0' });
  });

  it('more connections than a run may have at once', async () => {
    await using server = await tcp(() => undefined);
    const ran = await attempt(
      `
ends = 0
all = []
for i in range(300):
    s = socket.create_connection(('127.0.0.1', 62811), 10); s.sendall(b'CONNECT 127.0.0.1:%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % port); all.append(s)
for s in all:
    try: ends += s.recv(100) == b''
    except ConnectionResetError: ends += 1
print(ends)`,
      server.port,
    );
    expect(ran).toMatchObject({ stdout: '44\n', traffic: { connections: 256 } });
  });
});

describe('a host that misbehaves', () => {
  it.each([
    ['closes without an answer', ''],
    ['answers with what is no HTTP', 'hello\r\n\r\n'],
    ['breaks off in the middle', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['sends a header of control characters', 'HTTP/1.1 200 O\u0001K\r\nX: \u0001\r\n\r\n'],
    ['switches protocols unasked', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ])('%s', async (_, answer) => {
    await using server = await tcp((socket) => void socket.end(answer));
    const ran = await runWithNetwork(sh('curl -s -m 10 -o /dev/null "$1"; echo ended', `http://127.0.0.1:${server.port}/`), [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'ended\n' });
  });
});
