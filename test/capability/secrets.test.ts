import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSecretBearing } from '../../src/capability/secrets.ts';

test.each([
  '/p/.env',
  '/p/.env.local',
  '/p/a/.ENV.production',
  '/p/key.pem',
  '/p/server.key',
  '/home/me/.ssh',
  '.ssh/config',
  '/home/me/.ssh/config',
  '/home/me/.aws/credentials',
  '/p/id_ed25519',
  '/p/.git/config',
  '/p/.npmrc',
  '/home/me/.docker/config.json',
  '/p/.kube/config',
  '/p/store.kdbx',
  '/p/.env~',
  '/p/production.env',
  '/p/.envrc',
  '/p/_netrc',
  '/p/.my.cnf',
  '/p/.dockercfg',
  '/p/.vault-token',
  '/p/.git/modules/a/b/config',
  '/p/.git/config.worktree',
  '/p/.git/worktrees/a/config.worktree',
  '/p/.cargo/credentials.toml',
])('%s bears secrets', (path) => expect(isSecretBearing(path)).toBe(true));

test.each([
  '/p/.env.example',
  '/p/.env.sample',
  '/p/env',
  '/p/example.env',
  '/p/.git/modules/config.md',
  '/p/.cargo/config.toml',
  '/p/src/env.ts',
  '/p/.environment',
  '/p/id_ed25519.pub',
  '/p/key.pem.md',
  '/p/.github/config',
  '/p/.git/configs',
  '/p/monkey',
  '/p/docs/ssh/config',
  '/',
])('%s does not', (path) => expect(isSecretBearing(path)).toBe(false));

/** The names that were meant, as one expression. */
const NAMES =
  /^(\.env(\..+|~)?|.+\.env|\.envrc|[._]netrc|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|\.pgpass|\.my\.cnf|\.dockercfg|\.vault-token|id_(rsa|dsa|ecdsa|ed25519)(_sk)?|.+\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg))$/i;

test('a name bears secrets as the expression says', () => {
  const part = fc.constantFrom('.', '.env', 'env', '~', 'rc', '_netrc', 'id_', 'RSA', '_sk', 'a', 'Pem', 'key', 'my.cnf', 'p12', 'gpg', '-');
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const name = parts.join('');
      fc.pre(!/^\.env\.(example|sample|template|dist|schema)$|^(example|sample|template|dist|schema)\.env$|\.pub$/i.test(name));
      expect(isSecretBearing(`/p/${name}`)).toBe(NAMES.test(name));
    }),
    { numRuns: 2000 },
  );
});
