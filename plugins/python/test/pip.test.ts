import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pipAccess, type PipAccess } from '../src/lib/pip.ts';

let base: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'toka-pip-')));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** What pip's configuration comes to, of these files alone. */
function access(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): PipAccess {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), content);
  }
  return pipAccess({ HOME: join(base, 'home'), XDG_CONFIG_DIRS: join(base, 'shared'), PIP_CONFIG_FILE: join(base, 'named.conf'), PIP_INDEX_URL: '', ...env }, join(base, 'python'));
}

describe("pip's configuration", () => {
  test('is its own where nobody has said anything', () => {
    expect(access({}, { PIP_CONFIG_FILE: '/dev/null' })).toEqual({ env: {}, network: ['net:connect:pypi.org:443', 'net:connect:files.pythonhosted.org:443'], reads: [] });
  });

  test('names the hosts of its indexes', () => {
    const { env, network } = access({ 'named.conf': '[global]\nindex-url = https://ann:hunter2@index.example/simple\nextra-index-url =\n  http://extra.example:8080/simple\n  https://more.example/simple\n' });
    expect(network).toEqual(['net:connect:index.example:443', 'net:connect:extra.example:8080', 'net:connect:more.example:443']);
    expect(env).toMatchObject({ PIP_INDEX_URL: 'https://ann:hunter2@index.example/simple', PIP_EXTRA_INDEX_URL: 'http://extra.example:8080/simple https://more.example/simple' });
  });

  test('is read from the least important place to the most', () => {
    const file = (name: string): string => `[global]\nindex-url = https://${name}.example/simple\n`;
    const files = { 'shared/pip/pip.conf': file('shared'), 'home/.config/pip/pip.conf': file('home'), 'python/pip.conf': file('python') };
    expect(access({ 'shared/pip/pip.conf': file('shared') }).network).toContain('net:connect:shared.example:443');
    expect(access({ ...files, 'named.conf': '[list]\nindex-url = https://list.example/simple\n' }).network).toContain('net:connect:python.example:443');
    expect(access({ ...files, 'named.conf': `${file('named')}[install]\nindex_url: https://install.example/simple\n` }).network).toContain('net:connect:install.example:443');
    expect(access(files, { PIP_INDEX_URL: 'http://variable.example/simple' }).network).toEqual(['net:connect:variable.example:80']);
  });

  test('names the files and folders that it leads to', () => {
    mkdirSync(join(base, 'wheels'));
    mkdirSync(join(base, 'with space'));
    writeFileSync(join(base, 'ca.pem'), '');
    const { network, reads } = access({
      'named.conf': `[global]\n# a comment\nno-index = true\ncert = ${base}/ca.pem\nfind-links = ${base}/wheels\n  ${pathToFileURL(join(base, 'with space')).href}\n  ${base}/nowhere\n`,
    });
    expect({ network, reads }).toEqual({ network: [], reads: [join(base, 'wheels'), join(base, 'with space'), join(base, 'ca.pem')] });
  });

  test('passes on nothing but where packages come from', () => {
    const { env } = access({}, { PIP_TARGET: '/srv', PIP_USER: '1', PIP_NO_BINARY: ':all:', PIP_RETRIES: '2' });
    expect(env).toHaveProperty('PIP_RETRIES', '2');
    expect(Object.keys(env).filter((name) => /TARGET|USER|BINARY/.test(name))).toEqual([]);
  });
});
