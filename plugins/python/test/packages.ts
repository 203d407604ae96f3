import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Writes a wheel with one module and one script, both of the package's name. */
const WHEEL = `
import sys, zipfile
folder, name, version, code = sys.argv[1:]
about = f"{name}-{version}.dist-info"
files = {
  f"{name}/__init__.py": code,
  f"{about}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
  f"{about}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
  f"{about}/entry_points.txt": f"[console_scripts]\\n{name}={name}:main\\n",
}
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
  for path, text in files.items(): wheel.writestr(path, text)
  wheel.writestr(f"{about}/RECORD", "".join(f"{path},,\\n" for path in [*files, f"{about}/RECORD"]))
`;

/** Writes a source distribution that leaves a mark when it is built. */
const SOURCE = `
import io, sys, tarfile
folder, name, version, code = sys.argv[1:]
with tarfile.open(f"{folder}/{name}-{version}.tar.gz", "w:gz") as archive:
  for path, text in {"setup.py": code, "PKG-INFO": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"}.items():
    about = tarfile.TarInfo(f"{name}-{version}/{path}")
    about.size = len(text)
    archive.addfile(about, io.BytesIO(text.encode()))
`;

export interface PackageIndex extends AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string;
  /** Variables by which pip finds it and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  wheel(name: string, version: string, code: string): void;
  source(name: string, version: string, code: string): void;
}

/** An index of packages (PEP 503) on the loopback. */
export async function packageIndex(folder: string, python: string): Promise<PackageIndex> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const found = join(folder, path.replace(/^\/simple\//, ''));
    if (!existsSync(found)) response.writeHead(404).end();
    else if (!path.endsWith('/')) createReadStream(found).pipe(response);
    else response.setHeader('content-type', 'text/html').end(readdirSync(found).map((name) => `<a href="${name}">${name}</a>`).join('\n'));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const make = (script: string) => (name: string, version: string, code: string): void => {
    mkdirSync(join(folder, name), { recursive: true });
    execFileSync(python, ['-c', script, join(folder, name), name, version, code]);
  };
  return {
    host,
    env: { PIP_CONFIG_FILE: '/dev/null', PIP_INDEX_URL: `http://${host}/simple` },
    asked,
    wheel: make(WHEEL),
    source: make(SOURCE),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
