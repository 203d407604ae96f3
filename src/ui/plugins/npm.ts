import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { commands } from '@oclif/plugin-plugins';
import { execa } from 'execa';
import { packageRoot } from '../../config/package-root.ts';
import { TokaError } from '../../errors.ts';
import { onOneLine, plain } from '../../manifest/plain.ts';

/** The class of plugin-plugins that keeps a folder with plugins in it; its package exports the type through its commands only. */
type Plugins = InstanceType<(typeof commands)['plugins:inspect']>['plugins'];

/** A folder that npm works in, with the npm that plugin-plugins pins. */
export interface Npm {
  /** Runs npm and returns what it wrote. Throws TOKA_PLUGIN_UNAVAILABLE, TOKA_PLUGIN_UNKNOWN, TOKA_INTEGRITY. */
  run(words: readonly string[]): Promise<string>;
  /** Installs a package into the folder, and notes there that it is a plugin. */
  install(name: string, spec: string, options: { readonly scripts: boolean }): Promise<void>;
}

/** Neither asks nor tells anybody anything, and tries again soon: of bytes that are not what they should be npm does so as well. */
const ALWAYS = ['--no-fund', '--no-audit', '--no-update-notifier', '--no-global', '--no-progress', '--loglevel=error', '--workspaces=false', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000', '--fetch-timeout=60000'];

export function npmIn(folder: string, env: Readonly<Record<string, string | undefined>>): Npm {
  const load = createRequire(join(packageRoot(), 'package.json'));
  const entry = load.resolve('@oclif/plugin-plugins');
  const { default: Library } = load(join(dirname(entry), 'plugins.js')) as { readonly default: new (options: object) => Plugins };
  const cli = join(dirname(createRequire(entry).resolve('npm/package.json')), 'bin', 'npm-cli.js');
  const plugins = new Library({ config: { dataDir: folder, name: 'toka' }, logLevel: 'silent' });
  // Its own way of starting npm keeps what npm says of a failure to itself.
  plugins.npm.exec = async (words = [], { cwd }) => {
    const scripts = words.includes('--no-ignore-scripts') ? [] : ['--ignore-scripts'];
    const { exitCode, stdout, stderr } = await execa(process.execPath, [cli, ...words, ...scripts, ...ALWAYS], { cwd, env, extendEnv: false, reject: false, stdin: 'ignore' });
    if (exitCode !== 0) throw failure(words, stderr);
    return { stdout: [stdout], stderr: [stderr] };
  };
  return {
    run: async (words) => (await plugins.npm.exec([...words], { cwd: folder, logLevel: 'silent' })).stdout.join(''),
    async install(name, spec, { scripts }) {
      await plugins.npm.install([spec, '--install-links', ...(scripts ? ['--no-ignore-scripts'] : [])], { cwd: folder, logLevel: 'silent', prod: true });
      await plugins.add({ name, type: 'user', url: spec });
    },
  };
}

function failure([command = '', spec = '']: readonly string[], stderr: string): TokaError {
  const code = /npm error code (\S+)/.exec(stderr)?.[1] ?? '';
  const said = stderr.split('\n').flatMap((line) => /^npm error (?!code |A complete log|404 *(?:$|Note |tarball,))(.+)/.exec(line)?.[1] ?? []);
  const why = onOneLine(plain(said.slice(0, 3).join(' ').trim() || stderr.trim().slice(0, 500) || 'npm did not say why'));
  if (code === 'EINTEGRITY') {
    return new TokaError('TOKA_INTEGRITY', `what was served for ${spec} is not what the registry says that it is: ${why}`, {
      hint: 'do not install it; tell the maintainers of the registry',
    });
  }
  // When it is installed the package itself is there already, and what is missing is something that it depends on; a registry that cannot search says 404 as well.
  if ((code === 'E404' || code === 'ETARGET') && (command === 'view' || command === 'pack')) {
    return new TokaError('TOKA_PLUGIN_UNKNOWN', `the registry has no ${spec}: ${why}`, { hint: 'check the name and the version; toka plugins search finds plugins' });
  }
  return new TokaError('TOKA_PLUGIN_UNAVAILABLE', `npm ${command} failed${code === '' ? '' : ` (${code})`}: ${why}`, {
    hint: 'check the network and the registry in your .npmrc; a tarball is installed without a network where it brings along what it depends on',
  });
}
