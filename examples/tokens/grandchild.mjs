// Has a token for docs/guide, and tries to get at docs/index.txt by it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { read, toka } from './toka.mjs';

const project = process.cwd();
const mine = join(project, 'grandchild.token');
const [type, algorithm, key, body] = readFileSync(mine, 'utf8').trim().split('.');
const bytes = Buffer.from(body, 'base64url');

/** Reads the file with a token that was made up. */
function readWith(name, parts) {
  const file = join(project, `${name}.token`);
  writeFileSync(file, parts.join('.'));
  return read(project, 'docs/index.txt', '--token', file);
}

/** Writes a further block by hand, as the format allows to everybody who has the token. */
async function block(source) {
  const { Biscuit, PublicKey } = await import('@biscuit-auth/biscuit-wasm');
  const builder = Biscuit.block_builder();
  builder.addCode(source);
  return Buffer.from(Biscuit.fromBytes(bytes, PublicKey.fromBytes(Buffer.from(key, 'base64url'), 0)).appendBlock(builder).toBytes());
}

/** The same text but for the folder in its last block, as long as before. */
function edited() {
  const scope = Buffer.from('docs/guide/**');
  const copy = Buffer.from(bytes);
  copy.set(Buffer.from('docs/**/*****'.slice(0, scope.length)), copy.lastIndexOf(scope));
  return copy;
}

const attempts = {
  'ask toka for a wider token': () => toka(project, ['auth', 'token', 'attenuate', '--allow', 'fs:read:docs', '--out', 'wider.token']),
  'hand it on twice': () => {
    toka(project, ['auth', 'token', 'attenuate', '--out', 'once.token']);
    return toka(project, ['auth', 'token', 'attenuate', 'once.token', '--out', 'twice.token']);
  },
  'grant itself the file with --allow': () => read(project, 'docs/index.txt', '--allow', 'fs:read:docs/index.txt'),
  'write a wider block by hand': async () => readWith('block', [type, algorithm, key, (await block(`capability("fs:read:${project}/docs/**");`)).toString('base64url')]),
  'edit the folder in the token': () => readWith('edited', [type, algorithm, key, edited().toString('base64url')]),
  'sign a token with a key of its own': () => {
    const env = { XDG_STATE_HOME: join(project, 'elsewhere'), TOKA_TOKEN_FILE: '' };
    toka(project, ['auth', 'token', 'create', '--allow', 'fs:read:docs', '--out', 'own.token'], env);
    return read(project, 'docs/index.txt', '--token', 'own.token');
  },
};

const rows = [{ who: 'grandchild', attempt: 'read docs/guide/start.txt', outcome: read(project, 'docs/guide/start.txt') }];
for (const [attempt, tried] of Object.entries(attempts)) rows.push({ who: 'grandchild', attempt, outcome: await tried() });
// Biscuit prints a line of its own while it loads.
console.log(`\n${JSON.stringify(rows)}`);
