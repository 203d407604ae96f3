// Compiles the sources (tsc) and bundles what starts from a terminal or inside a sandbox (esbuild).
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeAgents } from './agents.mjs';
import { writeCommands } from './commands.mjs';
import { compiledAtOnce } from './eager.mjs';
import { writeIsolateImage } from './isolate-image.mjs';
import { packSdk } from './sdk.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Modules that are loaded on first use only, so each becomes a file of its own: with one file for all, the code cache of one command would lack what the others run. */
const LATE = {
  run: 'src/lean/run.ts',
  'agent-once': 'src/lean/agent-run.ts',
  'tools-list': 'src/lean/tools-list.ts',
  'runs-list': 'src/lean/runs-list.ts',
  'completion-words': 'src/lean/completion-words.ts',
  'process-door': 'src/ui/process-door.ts',
  toka: 'src/toka.ts',
  workspace: 'src/workspace.ts',
  execute: 'src/pipeline/execute.ts',
  'tool-fs-walk': 'src/runtime/tool-fs-walk.ts',
  'tool-fs-write': 'src/runtime/tool-fs-write.ts',
  sandboxed: 'src/runtime/sandboxed.ts',
  'sandbox-macos': 'src/sandbox/macos.ts',
  'sandbox-proxy': 'src/sandbox/network/proxy.ts',
  'manifest-hook': 'src/runtime/manifest-hook.ts',
  'hook-answer': 'src/registry/plugins/hook-answer.ts',
  resume: 'src/pipeline/resume.ts',
  recorder: 'src/pipeline/recorder.ts',
  recorded: 'src/journal/recorded.ts',
  replay: 'src/pipeline/replay/replay.ts',
  retell: 'src/pipeline/replay/retell.ts',
  backends: 'src/journal/backends.ts',
  'storage-thread': 'src/journal/thread/storage.ts',
  'journal-thread': 'src/journal-thread.ts',
  'build-index': 'src/registry/build-index.ts',
  declare: 'src/registry/declare.ts',
  'index-thread': 'src/index-thread.ts',
  'load-agent': 'src/manifest/agent/load.ts',
  'compile-validator': 'src/registry/compile-validator.ts',
  cache: 'src/pipeline/cache.ts',
  models: 'src/model/gateway.ts',
  'engine-submit': 'src/ui/engine/submit.ts',
  'engine-stand': 'src/ui/engine/stand.ts',
  'engine-work': 'src/ui/engine/work.ts',
  'tool-help': 'src/ui/help.ts',
  'plan-text': 'src/ui/plan-text.ts',
  'param-map': 'src/ui/param-map.ts',
  'tools-types': 'src/ui/tools-types.ts',
  'tools-watch': 'src/ui/tools-watch.ts',
  'watch-tools': 'src/registry/watch.ts',
  'close-code': 'src/runtime/code/close.ts',
  'anticipate-code': 'src/pipeline/code/anticipate.ts',
  'execute-code': 'src/pipeline/code/execute.ts',
  'resolve-code': 'src/pipeline/code/resolve.ts',
  'isolate-code': 'src/pipeline/code/isolate.ts',
  'code-run': 'src/ui/code-run.ts',
  'agent-loop': 'src/agent/loop.ts',
  'agent-context': 'src/agent/context.ts',
  'agent-session': 'src/pipeline/agent/session.ts',
  'agent-commands': 'src/agent/skills/commands.ts',
  planner: 'src/agent/planner/planner.ts',
  meaning: 'src/registry/search/meaning.ts',
  'execute-agent': 'src/pipeline/agent/execute.ts',
  'execute-prompt': 'src/pipeline/prompt/execute.ts',
  'resolve-agent': 'src/pipeline/agent/resolve.ts',
  'resolve-prompt': 'src/pipeline/prompt/resolve.ts',
  sessions: 'src/agent/session/sessions.ts',
  artifacts: 'src/ui/artifacts.ts',
  'parse-config': 'src/config/parse.ts',
  'parse-lock': 'src/manifest/load-lock.ts',
  prompts: 'src/ui/prompts.ts',
  remember: 'src/ui/remember.ts',
  agents: 'src/ui/agent/agents.ts',
  'agent-form': 'src/ui/agent/form.ts',
  'agent-init': 'src/ui/agent/init.ts',
  'agent-run': 'src/ui/agent/run.ts',
  'agent-resume': 'src/ui/agent/sessions/resume.ts',
  'agent-sessions': 'src/ui/agent/sessions/sessions.ts',
  'agent-transfer': 'src/ui/agent/sessions/transfer.ts',
  check: 'src/ui/check.ts',
  'policy-check': 'src/ui/policy-check.ts',
  'policy-test': 'src/ui/policy-test.ts',
  doctor: 'src/ui/doctor.ts',
  lock: 'src/ui/lock.ts',
  manifests: 'src/ui/manifests.ts',
  'models-list': 'src/ui/models.ts',
  'plugin-build': 'src/ui/plugin-kit/build.ts',
  'plugin-generate': 'src/ui/plugin-kit/generate.ts',
  'tool-test': 'src/ui/tool-test/test.ts',
  'plugin-test': 'src/ui/plugin-kit/test.ts',
  register: 'src/ui/register.ts',
  'plugins-change': 'src/ui/plugins/change.ts',
  'plugins-install': 'src/ui/plugins/install.ts',
  'plugins-search': 'src/ui/plugins/search.ts',
  'plugins-show': 'src/ui/plugins/show.ts',
  'updates-notice': 'src/ui/updates/notice.ts',
  'updates-outdated': 'src/ui/updates/outdated.ts',
  trust: 'src/ui/trust.ts',
  verify: 'src/journal/verify.ts',
  search: 'src/journal/search/search.ts',
  since: 'src/ui/since.ts',
  'run-search': 'src/ui/run-search.ts',
  'run-meaning': 'src/ui/run-meaning.ts',
  analyze: 'src/ui/analyze.ts',
  prune: 'src/journal/prune.ts',
  audit: 'src/ui/audit.ts',
  'audit-records': 'src/ui/audit-records.ts',
  'storage-look': 'src/ui/storage-look.ts',
  'storage-keep': 'src/ui/storage-keep.ts',
  events: 'src/ui/events.ts',
  'run-diff': 'src/ui/run-diff.ts',
  'run-export': 'src/ui/run-export.ts',
  'run-prune': 'src/ui/run-prune.ts',
  'runs-replay': 'src/ui/runs-replay.ts',
  repl: 'src/ui/repl/start.ts',
  'repl-outside': 'src/ui/repl/editor/outside.ts',
  'auth-identity': 'src/ui/auth-identity.ts',
  'auth-keys': 'src/ui/auth-keys.ts',
  'auth-tokens': 'src/ui/auth-tokens.ts',
  identity: 'src/capability/token/identity.ts',
  tokens: 'src/capability/token/open.ts',
  cli: 'src/cli.ts',
};

/**
 * Late modules that a lean command needs in any case stand in its own file, which exports them beside its own: each file more takes half a
 * millisecond, and what two files hold is loaded twice.
 */
const WITHIN = {
  run: ['toka', 'execute'],
  'agent-once': ['toka', 'execute', 'tool-fs-walk', 'resolve-agent', 'execute-agent', 'agent-session', 'agent-loop', 'resolve-prompt', 'execute-prompt', 'models', 'sessions'],
  'completion-words': ['workspace'], 'tools-list': ['workspace'], 'runs-list': ['toka'],
};

/** Files of which no module may be wrapped to be loaded late: each one that is costs every start a closure. */
const FLAT = [...Object.keys(WITHIN), 'sandboxed', 'toka'];

/** What oclif imports for commands in folders, which toka does not have, takes 2 ms; what is for misspelt words takes a third of one. */
const LATE_IMPORTS = /^(?:node:|tinyglobby$|fastest-levenshtein$)/;

/** Modules that Node.js has loaded itself before any program starts. */
const AT_HAND = ['node:buffer', 'node:events', 'node:fs', 'node:module', 'node:path', 'node:process', 'node:stream', 'node:url', 'node:util', 'node:vm'];

/** Files of packages that a plugin carries along: package path → place in its dist/. */
const CARRIED = { javascript: { '@jitl/quickjs-ng-wasmfile-release-sync/wasm': 'parts/quickjs.wasm' } };

const common = {
  alias: {
    // The build of yaml for browsers does not ask for an environment variable at each token: reading 10,000 manifests takes a fifth less time.
    yaml: join(root, 'node_modules/yaml/browser/dist/index.js'),
    // The other build of it asks for import.meta.url, which a bundle in CommonJS does not have.
    '@jitl/quickjs-ng-wasmfile-release-sync/emscripten-module': join(root, 'node_modules/@jitl/quickjs-ng-wasmfile-release-sync/dist/emscripten-module.cjs'),
  },
  bundle: true,
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  format: 'cjs',
  legalComments: 'none',
  logLevel: 'warning',
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  supported: { 'dynamic-import': false },
  target: 'node24',
};

/** Turns imports of late modules into loads of their files. */
const late = (folder, self, within = []) => ({
  name: 'late',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const target = resolve(resolveDir, path);
      const name = Object.keys(LATE).find((each) => join(root, LATE[each]) === target);
      return name === undefined ? undefined : { path: `${folder}/${within.includes(name) ? self : name}.cjs`, external: true };
    });
  },
});

/** Loads modules on first use that are imported at the top of a file: `node:crypto` alone takes 7 ms of processor time, a third of a start of Node.js. */
const lateImports = {
  name: 'late-imports',
  setup(bundler) {
    bundler.onResolve({ filter: LATE_IMPORTS }, ({ path, namespace }) => {
      if (namespace !== 'late' && !AT_HAND.includes(path)) return { path, namespace: 'late' };
      return path.startsWith('node:') ? { path, external: true } : undefined;
    });
    bundler.onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      // Through a prototype, because esbuild copies what a module itself has.
      contents: `let loaded; module.exports = Object.create(new Proxy({}, { get: (_, name) => (loaded ??= require('${path}'))[name] }));`,
      resolveDir: root,
    }));
  },
};

/**
 * What oclif does at each start and toka has no use for. To sort by the rules of a language makes a collator, 7 ms wherever that is not English
 * (`C.UTF-8`, for one); to tell WSL from Linux loads all that starts PowerShell, 3 ms.
 */
const REPLACED = {
  'config/plugin.js': ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'],
  'util/os.js': ["(await import('wsl-utils')).isWsl", "(await import('is-wsl')).default"],
};
const quickOclif = {
  name: 'quick-oclif',
  setup(bundler) {
    bundler.onLoad({ filter: /\/@oclif\/core\/lib\/(?:config\/plugin|util\/os)\.js$/ }, ({ path }) => {
      const [from, to] = REPLACED[path.split('/').slice(-2).join('/')];
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(from, to);
      if (contents === text) throw new Error(`${path} is not as it was: see whether what is replaced there is still to be replaced`);
      return { contents };
    });
  },
};

/**
 * A start hashes some fifty blocks, too few for V8 to compile what does it. As it stands there, a block is 700 calls of functions of one line,
 * and each number from 2^31 on is an object: that takes three quarters of its time.
 */
const INTERPRETED = [
  [/\brotr\((\w+), (\d+)\)/g, '(($1 << (32 - $2)) | ($1 >>> $2))'],
  [/\bChi\((\w), (\w), (\w)\)/g, '(($1 & $2) ^ (~$1 & $3))'],
  [/\bMaj\((\w), (\w), (\w)\)/g, '(($1 & $2) ^ ($1 & $3) ^ ($2 & $3))'],
  [/(SHA256_[KW] = [^=]*?)\bUint32Array\b/g, '$1Int32Array'],
];
const quickHash = {
  name: 'quick-hash',
  setup(bundler) {
    bundler.onLoad({ filter: /\/@noble\/hashes\/sha2\.js$/ }, ({ path }) => ({
      contents: INTERPRETED.reduce((text, [from, to]) => {
        if (text.search(from) === -1) throw new Error(`${path} is not as it was: there is no ${from} in it`);
        return text.replaceAll(from, to);
      }, readFileSync(path, 'utf8')),
    }));
  },
};

/** Messages of zod in forty languages, which nobody is shown here: a third of what it is. */
const withoutLocales = {
  name: 'without-locales',
  setup(bundler) {
    bundler.onLoad({ filter: /\/zod\/v4\/locales\/index\.c?js$/ }, () => ({ contents: 'export {};' }));
  },
};

const compile = (...projects) => execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', ...process.argv.slice(2), ...projects], { cwd: root, stdio: 'inherit' });

/** The filters of system calls, which are the same at each start. */
async function writeFilters() {
  const { seccompFilter } = await import('../dist/sandbox/seccomp.js');
  const { filterFile } = await import('../dist/sandbox/seccomp-file.js');
  mkdirSync(join(dist, 'seccomp'), { recursive: true });
  for (const arch of ['x64', 'arm64']) {
    for (const countableMemory of [false, true]) writeFileSync(filterFile(arch, { countableMemory }), seccompFilter(arch, { countableMemory }));
  }
}

// All others are compiled against what is published of it.
compile('plugins/sdk');
await packSdk();
compile('.');
await writeCommands(root);
await writeFilters();
await writeAgents(root);

// A late file of another name would be published as well.
rmSync(join(dist, 'late'), { recursive: true, force: true });

const plugins = readdirSync(join(root, 'plugins')).filter((name) => name !== 'sdk');
const jobs = [
  // Its compiled code is kept nowhere, so that each start reads every letter of it.
  build({ ...common, minifyIdentifiers: true, entryPoints: [join(root, 'src/launch.ts')], outfile: join(dist, 'launch.cjs'), plugins: [lateImports] }),
  ...Object.entries(LATE).map(([name, entry]) =>
    build({
      ...common,
      stdin: { contents: [entry, ...(WITHIN[name] ?? []).map((each) => LATE[each])].map((file) => `export * from './${file}';`).join('\n'), resolveDir: root },
      outfile: join(dist, 'late', `${name}.cjs`),
      plugins: [lateImports, quickOclif, quickHash, withoutLocales, late('.', name, WITHIN[name])],
    }),
  ),
  build({ ...common, entryPoints: [join(root, 'src/runtime/native-host.ts')], outfile: join(dist, 'native-host.cjs'), supported: {} }),
  build({ ...common, entryPoints: [join(root, 'src/runtime/manifest-host.ts')], outfile: join(dist, 'manifest-host.cjs'), supported: {} }),
  build({ ...common, entryPoints: [join(root, 'src/ui/plugin-kit/inside.ts')], outfile: join(dist, 'plugin-inside.cjs'), supported: {} }),
  build({ ...common, entryPoints: [join(root, 'src/sandbox/escapes/inside.ts')], outfile: join(dist, 'escapes.cjs'), supported: {} }),
  build({ ...common, format: 'esm', entryPoints: [join(root, 'plugins/sdk/src/index.ts')], outfile: join(dist, 'sdk.mjs') }),
];
for (const plugin of plugins) {
  const folder = join(root, 'plugins', plugin);
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // What is installed with it is not bundled into it: packages with native code for each platform.
  const external = Object.keys(dependencies).filter((name) => name !== '@toka/sdk');
  // `parts` holds what a contribution starts by its path: threads, programs.
  const entryPoints = ['src', 'src/parts']
    .map((name) => join(folder, name))
    .filter((each) => existsSync(each))
    .flatMap((each) => readdirSync(each, { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map(({ name }) => join(each, name)));
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  jobs.push(build({ ...common, entryPoints, external, outbase: join(folder, 'src'), outdir: join(folder, 'dist'), outExtension: { '.js': '.cjs' }, plugins: [lateImports, withoutLocales], supported: {} }));
}
await Promise.all(jobs);
const launcher = join(dist, 'launch.cjs');
writeFileSync(launcher, compiledAtOnce(readFileSync(launcher, 'utf8')));
const require = createRequire(import.meta.url);
for (const [plugin, files] of Object.entries(CARRIED)) {
  for (const [path, place] of Object.entries(files)) copyFileSync(require.resolve(path), join(root, 'plugins', plugin, 'dist', place));
}
await writeIsolateImage(root, common);

const { WRAPPED } = await import('../dist/compiled-code.js');
/** One other letter makes V8 hold the whole text in two bytes a letter; esbuild escapes those of strings, and leaves those of regular expressions. */
for (const name of Object.keys(LATE)) {
  const file = join(dist, 'late', `${name}.cjs`);
  const text = readFileSync(file, 'utf8');
  if (FLAT.includes(name) && text.includes('__esm(')) throw new Error(`${name}.cjs is not flat: a module that is imported dynamically from it is not in LATE`);
  const plain = text.replaceAll(/[^\x00-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(file, `${WRAPPED.before}${plain}${WRAPPED.after}\n`);
}
