// The agents that install from the registry: how each is installed, started on its own, and pointed at a fake model on loopback.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} package what npm knows it as
 * @property {string} bin its program in node_modules/.bin
 * @property {(place: { home: string, url: string }) => Record<string, string>} env
 * @property {(prompt: string, place: { home: string, url: string }) => string[]} turn the words for one turn without a person
 * @property {(place: { home: string, url: string, server: string[] | undefined }) => void} [configure] writes its configuration, with an MCP server where one is named
 */

/** @type {readonly Peer[]} */
const PEERS = [
  {
    name: 'Claude Code',
    package: '@anthropic-ai/claude-code',
    bin: 'claude',
    env: ({ home, url }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'none',
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    }),
    configure: ({ home, server }) => writeJson(join(home, 'mcp.json'), { mcpServers: server ? { bench: { command: server[0], args: server.slice(1) } } : {} }),
    turn: (prompt, { home }) => ['-p', prompt, '--model', 'claude-sonnet-4-5', '--allowedTools', 'Read', '--strict-mcp-config', '--mcp-config', join(home, 'mcp.json')],
  },
  {
    name: 'Codex',
    package: '@openai/codex',
    bin: 'codex',
    env: ({ home }) => ({ CODEX_HOME: join(home, '.codex'), BENCH_KEY: 'none' }),
    configure: ({ home, url, server }) => {
      const lines = [
        'model = "gpt-5-codex"',
        'model_provider = "bench"',
        '[model_providers.bench]',
        'name = "bench"',
        `base_url = "${url}/v1"`,
        'env_key = "BENCH_KEY"',
        'wire_api = "responses"',
        ...(server ? ['[mcp_servers.bench]', `command = ${JSON.stringify(server[0])}`, `args = ${JSON.stringify(server.slice(1))}`] : []),
      ];
      write(join(home, '.codex', 'config.toml'), `${lines.join('\n')}\n`);
    },
    turn: (prompt) => ['exec', '--skip-git-repo-check', '--sandbox', 'read-only', prompt],
  },
  {
    name: 'gemini-cli',
    package: '@google/gemini-cli',
    bin: 'gemini',
    env: ({ url }) => ({ GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: url, GEMINI_CLI_TRUST_WORKSPACE: 'true', GEMINI_TELEMETRY_ENABLED: 'false' }),
    configure: ({ home, server }) =>
      writeJson(join(home, '.gemini', 'settings.json'), {
        security: { auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        privacy: { usageStatisticsEnabled: false },
        ...(server ? { mcpServers: { bench: { command: server[0], args: server.slice(1), trust: true } } } : {}),
      }),
    turn: (prompt) => ['-p', prompt, '-m', 'gemini-2.5-flash', '--approval-mode', 'yolo'],
  },
  {
    name: 'opencode',
    package: 'opencode-ai',
    bin: 'opencode',
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' }),
    configure: ({ home, url, server }) =>
      writeJson(join(home, 'config', 'opencode', 'opencode.json'), {
        autoupdate: false,
        share: 'disabled',
        provider: { bench: { npm: '@ai-sdk/openai-compatible', name: 'bench', options: { baseURL: `${url}/v1`, apiKey: 'none' }, models: { fake: { name: 'fake', tool_call: true, limit: { context: 200_000, output: 8000 } } } } },
        ...(server ? { mcp: { bench: { type: 'local', command: server, enabled: true } } } : {}),
      }),
    turn: (prompt) => ['run', '--model', 'bench/fake', prompt],
  },
];

/**
 * Installs what can be installed into a folder, unless it is there already.
 *
 * @returns {{ peer: Peer, program: string, version: string }[]} those whose program is there
 */
export function installPeers(folder, env) {
  if (!existsSync(join(folder, 'package.json'))) writeJson(join(folder, 'package.json'), { private: true });
  return PEERS.flatMap((peer) => {
    const home = join(folder, 'node_modules', peer.package, 'package.json');
    try {
      if (!existsSync(home)) execFileSync('npm', ['install', '--no-audit', '--no-fund', peer.package], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 600_000 });
      return [{ peer, program: join(folder, 'node_modules', '.bin', peer.bin), version: JSON.parse(readFileSync(home, 'utf8')).version }];
    } catch (error) {
      console.error(`${peer.name} does not install here: ${String(error.stderr ?? error).trim().slice(-300)}`);
      return [];
    }
  });
}

function writeJson(file, value) {
  write(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

function write(file, text) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}
