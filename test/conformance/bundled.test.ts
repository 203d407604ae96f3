import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LAUNCHER } from '../support/cli.ts';
import { programs } from '../../plugins/postgres/test/support/cluster.ts';

const folder = join(import.meta.dirname, '../../plugins');
const plugins = readdirSync(folder).filter((name) => name !== 'sdk' && existsSync(join(folder, name, 'package.json')));

// A registry is asked for what they depend on, by the settings of whoever runs the tests.
test.each(plugins)('the plugin %s, packed and installed, is what it says', { timeout: 300_000 }, async (name) => {
  if (name === 'postgres' && programs === undefined) return;
  const { status, stdout } = spawnSync(process.execPath, [LAUNCHER, 'plugins', 'test', join(folder, name)], { encoding: 'utf8' });
  console.log(`${name}\n${stdout}`);
  expect({ status, failed: stdout.split('\n').filter((line) => line.includes(' FAILED ')) }).toEqual({ status: 0, failed: [] });
});
