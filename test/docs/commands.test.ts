import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packPlugin, writePlugin } from '../support/plugin.ts';
import { startRegistry } from '../support/registry.ts';
import { blocks, canSandbox, copy, files, ROOT, text } from './support.ts';

const clone = copy();
afterAll(() => clone[Symbol.dispose]());
const bin = join(clone.folder, '../bin');
const env = { ...clone.env, PATH: `${bin}:${clone.env['PATH']}` };
const sandboxed = canSandbox(clone);

beforeAll(() => {
  mkdirSync(bin);
  symlinkSync(join(ROOT, 'bin/run.js'), join(bin, 'toka'));
  symlinkSync(process.execPath, join(bin, 'node'));
  clone.spawn('git', ['init', '--quiet'], { cwd: clone.folder, env });
  // What some examples speak of.
  for (const folder of ['vendor/tools', 'examples/project/vendor']) {
    const counting = join(clone.folder, folder, 'counting');
    cpSync(join(clone.folder, 'examples/project/manifests/word-count'), counting, { recursive: true });
    const manifest = join(counting, 'tool.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('name: word-count', 'name: counting'));
  }
});

/** Runs the text of a block as bash would if somebody pasted it, but stops at the first line that fails. */
function paste(script: string, cwd = clone.folder) {
  return clone.spawn('bash', ['-o', 'pipefail', '-ec', script], { cwd, env });
}

describe.skipIf(!sandboxed)('the README', () => {
  test('its commands end as it says, word for word, one block after the other', () => {
    const shell = blocks('README.md').filter(({ language }) => language === 'sh');
    // The first three set a clone up; what they bring is what this test runs in.
    const script = shell.slice(3).map((block) => block.text).join('\n');
    expect(shell.slice(0, 2).map((block) => block.text.trim())).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
    const { status, stdout, stderr } = paste(script.replaceAll('; echo "exit code $?"', ' || echo "exit code $?"'));
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/^exit code \d+$/gm)).toEqual(['exit code 77', 'exit code 76']);
    expect(stdout).toMatch(/^\d+ links, \d+ broken$/m);
    expect(stdout.match(/GOOD MORNING/g)).toHaveLength(3);
  });

  test('its recipe makes what it names', () => {
    const [makefile] = blocks('README.md').filter(({ language }) => language === 'make');
    expect(paste(`make -f - links.json <<'MAKE'\n${makefile?.text}MAKE\ngrep -q toka/run-result/v1 links.json`).status).toBe(0);
  });
});

test('its scripts exist', () => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
});

describe('every page', () => {
  const pages = ['tools', 'manifest', 'capabilities', 'sandbox', 'limits', 'journal', 'analysis', 'storage', 'lock', 'audit', 'tokens', 'agents', 'repl'].map((name) => `docs/${name}.md`);

  test.skipIf(!sandboxed).each(pages)('%s: its commands work', (page) => {
    paste('toka run --record todo-report README.md >/dev/null; true');
    const run = JSON.parse(paste('toka runs list --limit 1 --json').stdout) as { runs: { id: string }[] };
    for (const { language, text: script } of blocks(page)) {
      if (language !== 'sh') continue;
      const cwd = page === 'docs/manifest.md' ? join(clone.folder, 'examples/project') : clone.folder;
      const { status, stderr } = paste(script.replaceAll(/\bRUN\b/g, run.runs[0]?.id ?? ''), cwd);
      expect({ script, status, stderr: status === 0 ? '' : stderr }).toEqual({ script, status: 0, stderr: '' });
    }
  });

  test('links and dates are sound', () => {
    const { status, stdout } = paste('toka run link-validator README.md CONTRIBUTING.md docs examples && toka run date-validator README.md docs');
    expect({ status, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('none names a path of one machine', () => {
    for (const page of files('README.md', 'docs', 'examples')) expect(text(page)).not.toContain(ROOT);
  });
});

/** A registry with the plugin that the examples speak of, and its tarball; the home says that it may be installed. */
async function withPlugins(work: () => void): Promise<void> {
  await using registry = await startRegistry();
  const home = clone.env['HOME'] ?? '';
  mkdirSync(join(home, 'config/toka'), { recursive: true });
  writeFileSync(join(home, '.npmrc'), registry.npmrc);
  writeFileSync(join(home, 'config/toka/config.yaml'), 'apiVersion: toka/v1\nplugins: { allow: [toka-plugin-weather] }\n');
  await registry.publish(writePlugin(join(clone.folder, '../toka-plugin-weather')));
  cpSync(packPlugin(join(clone.folder, '../to-pack')), join(clone.folder, 'toka-plugin-weather-1.0.0.tgz'));
  writePlugin(join(clone.folder, '../toka-plugin-clock'), { name: 'toka-plugin-clock', tools: ['time'] });
  work();
}

/**
 * The first would change this machine, the second and third never end, the fourth needs a run that was killed (test/e2e/resume), the fifth a server of others, the sixth a plugin that is compiled (test/docs/first-plugin), the
 * seventh one that knows meanings (test/ui/run-meaning), the eighth a model (test/ui/models), those of engines a server (test/e2e/engine), the rest files of the reader's own.
 */
const NOT_HERE = /doctor --fix|engine (?:work|status|cancel)|--engine|--detach|tail -f|tools watch|runs resume|git\+https|plugins (?:build|test)|--meaning|models check|ports\.schema|task\.md/;

describe('the examples of --help', () => {
  const { stdout } = clone.spawn(process.execPath, [join(ROOT, 'bin/run.js'), '--help'], { cwd: clone.folder, env });

  test('every command has some', () => {
    const sections = text('docs/cli.md').split(/^## /m).slice(1);
    expect(sections.length).toBeGreaterThan(10);
    for (const section of sections) expect(section).toMatch(/```sh\ntoka /);
    expect(stdout).toContain('USAGE');
  });

  // Some seventy starts of toka.
  test.skipIf(!sandboxed)('they work as they stand', { timeout: 600_000 }, async () => withPlugins(() => {
    const id = (JSON.parse(paste('toka run --record file-lister docs >/dev/null; toka runs list --limit 1 --json').stdout) as { runs: { id: string }[] }).runs[0]?.id ?? '';
    const { session } = JSON.parse(paste('toka agent run -p "file-lister path=examples" --json').stdout) as { session: string };
    const examples = blocks('docs/cli.md').filter(({ language }) => language === 'sh').flatMap((block) => block.text.trim().split('\n'));
    // Commands stand in the order of the alphabet; what is accepted must be there, and what is removed must have been of use before.
    const isLater = (example: string): number => Number(/plugins accept|uninstall|sessions remove/.test(example));
    for (const example of examples.toSorted((a, b) => isLater(a) - isLater(b))) {
      if (NOT_HERE.test(example)) continue;
      const { status, stderr } = paste(example.replaceAll('01a2', session).replaceAll(/0198c3a2|0198c3b7/g, id), join(clone.folder, example.includes('trust') ? 'examples/project' : '.'));
      // A check may find something; what may not happen is that toka does not understand, or lacks what the example names.
      expect([0, 1], `${example}\n${stderr}`).toContain(status);
    }
  }));
});
