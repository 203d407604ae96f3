import { expect, test } from 'vitest';
import { isSecretBearing } from '../../src/capability/secrets.ts';

test.each([
  '/p/.env',
  '/p/.env.local',
  '/p/a/.ENV.production',
  '/p/key.pem',
  '/p/server.key',
  '/home/me/.ssh',
  '/home/me/.ssh/config',
  '/home/me/.aws/credentials',
  '/p/id_ed25519',
  '/p/.git/config',
  '/p/.npmrc',
  '/home/me/.docker/config.json',
  '/p/.kube/config',
  '/p/store.kdbx',
])('%s bears secrets', (path) => expect(isSecretBearing(path)).toBe(true));

test.each([
  '/p/.env.example',
  '/p/.env.sample',
  '/p/env',
  '/p/.environment',
  '/p/id_ed25519.pub',
  '/p/key.pem.md',
  '/p/.github/config',
  '/p/.git/configs',
  '/p/monkey',
  '/p/docs/ssh/config',
  '/',
])('%s does not', (path) => expect(isSecretBearing(path)).toBe(false));
