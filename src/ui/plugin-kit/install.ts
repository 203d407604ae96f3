import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFile } from '../../workspace.ts';

/** What npm said of a step that failed. */
export class NpmFailure extends Error {}

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { execa } = await import('execa');
  const { exitCode, stdout, stderr, shortMessage } = await execa('npm', [...args, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--fetch-retries=1'], { cwd, reject: false, stdin: 'ignore' });
  if (exitCode === 0) return stdout;
  throw new NpmFailure(stderr.trim().split('\n').slice(0, 5).join(' ') || shortMessage || 'npm failed');
}

/** Packs a package as it would be published. Returns the tarball. */
export async function pack(folder: string, into: string): Promise<string> {
  const printed = await npm(['pack', '--json', '--pack-destination', into], folder);
  const described = JSON.parse(printed) as readonly { readonly filename: string }[] | Readonly<Record<string, { readonly filename: string }>>;
  return join(into, Object.values(described)[0]?.filename ?? '');
}

/** Installs a tarball into an empty folder, with the SDK that this toka brings. Returns the folder of the package. */
export async function installPacked(tarball: string, name: string, into: string): Promise<string> {
  writeFileSync(join(into, 'package.json'), '{ "private": true }\n');
  const sdk = join(into, 'sdk.tgz');
  await packSdk(sdk);
  await npm(['install', '--omit=dev', tarball, sdk], into);
  return join(into, 'node_modules', name);
}

/** The SDK names plain files and folders as its own, so no npm is needed to tell what belongs to it: that takes most of a second. */
async function packSdk(file: string): Promise<void> {
  const { create } = await import('tar');
  const folder = dirname(packageFile('@toka/sdk'));
  const { files } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly files: readonly string[] };
  await create({ cwd: folder, file, gzip: true, portable: true, prefix: 'package' }, ['package.json', ...files]);
}
