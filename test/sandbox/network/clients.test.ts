import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planOf, readMount, run, temporaryFolder } from '../support.ts';
import { python, runWithNetwork, sh, tcp, web } from './support.ts';

const hello = () => web((request, response) => void response.end(`hello ${request.method} ${request.headers.host} ${request.url}`));

describe('a client that heeds the proxy variables reaches a granted host', () => {
  it('curl, by a request for the whole address', async () => {
    await using server = await hello();
    const at = `127.0.0.1:${server.port}`;
    const ran = await runWithNetwork(['curl', '-sS', `http://${at}/a?b=c`], [`net:connect:${at}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: `hello GET ${at} /a?b=c`, stderr: '', refusals: [] });
    expect(ran.traffic).toMatchObject({ connections: 1, refused: 0 });
  });

  it('curl, through a tunnel', async () => {
    await using server = await hello();
    const at = `127.0.0.1:${server.port}`;
    const ran = await runWithNetwork(['curl', '-sS', '--proxytunnel', `http://${at}/`], [`net:connect:${at}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: `hello GET ${at} /` });
  });

  it.each(['socks5', 'socks5h'])('curl, by %s', async (scheme) => {
    await using server = await hello();
    const url = `http://localhost:${server.port}/`;
    const argv = sh('curl -sS -4 --proxy "$(echo "$ALL_PROXY" | sed "s/^socks5h/$1/")" "$2"', scheme, url);
    // With socks5, curl looks names up itself, which the sandbox gives it no means for: an address it may name.
    const ran = await runWithNetwork(scheme === 'socks5' ? [...argv.slice(0, -1), url.replace('localhost', '127.0.0.1')] as never : argv, [
      `net:connect:localhost:${server.port}`,
      `net:connect:127.0.0.1:${server.port}`,
    ]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^hello GET/) });
  });

  it('curl, which sends a body and reads one, many times on one connection', async () => {
    await using server = await web((request, response) => void request.pipe(response));
    const at = `http://127.0.0.1:${server.port}/`;
    const ran = await runWithNetwork(['curl', '-sS', '--data-binary', '12345', at, at, at], [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: '123451234512345' });
  });

  it('urllib of Python', async () => {
    await using server = await hello();
    const script = 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())';
    const ran = await runWithNetwork(python(script, `http://127.0.0.1:${server.port}/`), [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^hello GET/) });
  });

  it('fetch of Node.js', async () => {
    await using server = await hello();
    const script = 'fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)';
    const ran = await runWithNetwork([process.execPath, '-e', script, `http://127.0.0.1:${server.port}/`], [`net:connect:127.0.0.1:${server.port}`], {
      mounts: [readMount(process.execPath)],
    });
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^hello GET/) });
  });

  it('by the name that a resolver of toka knows', async () => {
    await using server = await hello();
    const ran = await runWithNetwork(
      ['curl', '-sS', `http://API.example.org:${server.port}/`],
      [`net:connect:*.example.org:${server.port}`, `net:connect:127.0.0.1:${server.port}`],
      { resolve: (host) => Promise.resolve(host === 'api.example.org' ? ['127.0.0.1'] : []) },
    );
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^hello GET/) });
  });
});

describe('a tunnel', () => {
  it('stays open for the answer when the client has ended its half', async () => {
    await using server = await tcp((socket) => {
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => socket.end(`got ${bytes}`));
    });
    const script = `
import socket, sys
port = int(sys.argv[1])
s = socket.create_connection(('127.0.0.1', 62811))
s.sendall(b'CONNECT 127.0.0.1:%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % port)
assert b' 200 ' in s.recv(1000)
s.sendall(b'x' * 1000000); s.shutdown(socket.SHUT_WR)
print(s.makefile().read())`;
    const ran = await runWithNetwork(python(script, String(server.port)), [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'got 1000000\n', traffic: { connections: 1, sent: 1_000_000, received: 11 } });
  });

  it('ends with the run', async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    await using server = await tcp((socket) => void socket.on('end', resolve).resume().write('still here'));
    const script = `
import os, socket, sys
s = socket.create_connection(('127.0.0.1', 62811))
s.sendall(b'CONNECT 127.0.0.1:%d HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % int(sys.argv[1]))
while b'still here' not in s.recv(1000): pass
os._exit(3)`;
    const ran = await runWithNetwork(python(script, String(server.port)), [`net:connect:127.0.0.1:${server.port}`]);
    expect(ran).toMatchObject({ exitCode: 3, traffic: { received: 10 } });
    await ended;
  });
});

describe('a sandbox with network', () => {
  it('delivers the exit code of its program, and starts it with what any other gets', async () => {
    const ran = await runWithNetwork(sh('echo "$1"; cat; exit 7', 'a b'), ['net:connect:example.org'], { stdin: 'pipe', options: { input: Buffer.from('in') } });
    expect(ran).toMatchObject({ exitCode: 7, stdout: 'a b\nin' });
  });

  it('names a program that cannot be started', async () => {
    using folder = temporaryFolder();
    const [program, interpreter] = [join(folder.path, 'program'), join(folder.path, 'interpreter')];
    writeFileSync(program, `#!${interpreter}\n`, { mode: 0o755 });
    writeFileSync(interpreter, '#!/no/such/interpreter\n', { mode: 0o755 });
    const ran = runWithNetwork([program], ['net:connect:example.org'], { mounts: [readMount(folder.path)] });
    await expect(ran).rejects.toMatchObject({ code: 'TOKA_RUNTIME_UNAVAILABLE', data: { program } });
  });

  it('takes a script without a first line for one of the shell, as everywhere', async () => {
    using folder = temporaryFolder();
    const program = join(folder.path, 'program');
    writeFileSync(program, 'echo "$0 $1"\n', { mode: 0o755 });
    const plan = { mounts: [readMount(folder.path)] };
    expect((await runWithNetwork([program, 'word'], ['net:connect:example.org'], plan)).stdout).toBe(`${program} word\n`);
    expect((await run(planOf([program, 'word'], plan))).stdout).toBe(`${program} word\n`);
  });

  it('leaves no file of toka open in its program', async () => {
    const [plain, networked] = [await run(planOf(sh('ls /proc/self/fd'))), await runWithNetwork(sh('ls /proc/self/fd'), ['net:connect:example.org'])];
    expect(networked.stdout).toBe(plain.stdout);
    expect((await runWithNetwork(sh("cat /proc/1/environ | tr '\\0' '\\n'"), ['net:connect:example.org'])).stdout).not.toContain('NODE_CHANNEL');
  });
});
