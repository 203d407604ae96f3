import type { Command } from '@oclif/core/command';
import { Config, Plugin } from '@oclif/core/config';
import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import AgentInit from './commands/agent/init.ts';
import AgentList from './commands/agent/list.ts';
import AgentRun from './commands/agent/run.ts';
import AgentSessionsExport from './commands/agent/sessions/export.ts';
import AgentSessionsFork from './commands/agent/sessions/fork.ts';
import AgentSessionsImport from './commands/agent/sessions/import.ts';
import AgentSessionsList from './commands/agent/sessions/list.ts';
import AgentSessionsRemove from './commands/agent/sessions/remove.ts';
import AgentSessionsRename from './commands/agent/sessions/rename.ts';
import AgentSessionsResume from './commands/agent/sessions/resume.ts';
import AgentSessionsSearch from './commands/agent/sessions/search.ts';
import AgentSessionsShow from './commands/agent/sessions/show.ts';
import AgentShow from './commands/agent/show.ts';
import AgentValidate from './commands/agent/validate.ts';
import AuditCheckpoint from './commands/audit/checkpoint.ts';
import AuditExport from './commands/audit/export.ts';
import AuditList from './commands/audit/list.ts';
import AuditProve from './commands/audit/prove.ts';
import AuditShow from './commands/audit/show.ts';
import AuditVerify from './commands/audit/verify.ts';
import AuthIdentityCreate from './commands/auth/identity/create.ts';
import AuthIdentityVerify from './commands/auth/identity/verify.ts';
import AuthKeysList from './commands/auth/keys/list.ts';
import AuthKeysRotate from './commands/auth/keys/rotate.ts';
import AuthRevoke from './commands/auth/revoke.ts';
import AuthTokenAttenuate from './commands/auth/token/attenuate.ts';
import AuthTokenCreate from './commands/auth/token/create.ts';
import AuthTokenInspect from './commands/auth/token/inspect.ts';
import AuthTokenVerify from './commands/auth/token/verify.ts';
import Check from './commands/check.ts';
import CodeRun from './commands/code/run.ts';
import Completion from './commands/completion.ts';
import Doctor from './commands/doctor.ts';
import EngineCancel from './commands/engine/cancel.ts';
import EngineStatus from './commands/engine/status.ts';
import EngineWork from './commands/engine/work.ts';
import EventsAnalyze from './commands/events/analyze.ts';
import EventsTail from './commands/events/tail.ts';
import Lock from './commands/lock.ts';
import ModelsCheck from './commands/models/check.ts';
import ModelsList from './commands/models/list.ts';
import PluginsAccept from './commands/plugins/accept.ts';
import PluginsBuild from './commands/plugins/build.ts';
import PluginsGenerate from './commands/plugins/generate.ts';
import PluginsInspect from './commands/plugins/inspect.ts';
import PluginsInstall from './commands/plugins/install.ts';
import PluginsLink from './commands/plugins/link.ts';
import PluginsList from './commands/plugins/list.ts';
import PluginsOutdated from './commands/plugins/outdated.ts';
import PluginsSearch from './commands/plugins/search.ts';
import PluginsTest from './commands/plugins/test.ts';
import PluginsUninstall from './commands/plugins/uninstall.ts';
import PluginsUpdate from './commands/plugins/update.ts';
import PolicyCheck from './commands/policy/check.ts';
import PolicyTest from './commands/policy/test.ts';
import Run from './commands/run.ts';
import RunsArtifacts from './commands/runs/artifacts.ts';
import RunsDiff from './commands/runs/diff.ts';
import RunsExport from './commands/runs/export.ts';
import RunsImport from './commands/runs/import.ts';
import RunsList from './commands/runs/list.ts';
import RunsLogs from './commands/runs/logs.ts';
import RunsPrune from './commands/runs/prune.ts';
import RunsReplay from './commands/runs/replay.ts';
import RunsResume from './commands/runs/resume.ts';
import RunsSearch from './commands/runs/search.ts';
import RunsShow from './commands/runs/show.ts';
import RunsTree from './commands/runs/tree.ts';
import SandboxRun from './commands/sandbox/run.ts';
import StorageBackup from './commands/storage/backup.ts';
import StorageCompact from './commands/storage/compact.ts';
import StorageCopy from './commands/storage/copy.ts';
import StorageInfo from './commands/storage/info.ts';
import StorageMigrate from './commands/storage/migrate.ts';
import StorageRestore from './commands/storage/restore.ts';
import StorageVerify from './commands/storage/verify.ts';
import ToolsList from './commands/tools/list.ts';
import ToolsRegister from './commands/tools/register.ts';
import ToolsSearch from './commands/tools/search.ts';
import ToolsShow from './commands/tools/show.ts';
import ToolsTest from './commands/tools/test.ts';
import ToolsTypes from './commands/tools/types.ts';
import ToolsValidate from './commands/tools/validate.ts';
import ToolsWatch from './commands/tools/watch.ts';
import Trust from './commands/trust.ts';
import { packageRoot } from './config/package-root.ts';
import { TokaError } from './errors.ts';
import { plain } from './manifest/plain.ts';
import { ending } from './ui/ending.ts';
import { pluginsFor } from './ui/plugins/oclif.ts';
import { endWithReader, serve } from './ui/process-door.ts';

export { commandNotFound } from './hooks/command-not-found.ts';

/** All commands by their id, which is the path of their file; oclif finds them here (package.json, `oclif.commands`). */
export const COMMANDS: Readonly<Record<string, typeof Command>> = {
  'agent:init': AgentInit,
  'agent:list': AgentList,
  'agent:run': AgentRun,
  'agent:sessions:export': AgentSessionsExport,
  'agent:sessions:fork': AgentSessionsFork,
  'agent:sessions:import': AgentSessionsImport,
  'agent:sessions:list': AgentSessionsList,
  'agent:sessions:remove': AgentSessionsRemove,
  'agent:sessions:rename': AgentSessionsRename,
  'agent:sessions:resume': AgentSessionsResume,
  'agent:sessions:search': AgentSessionsSearch,
  'agent:sessions:show': AgentSessionsShow,
  'agent:show': AgentShow,
  'agent:validate': AgentValidate,
  'audit:checkpoint': AuditCheckpoint,
  'audit:export': AuditExport,
  'audit:list': AuditList,
  'audit:prove': AuditProve,
  'audit:show': AuditShow,
  'audit:verify': AuditVerify,
  'auth:identity:create': AuthIdentityCreate,
  'auth:identity:verify': AuthIdentityVerify,
  'auth:keys:list': AuthKeysList,
  'auth:keys:rotate': AuthKeysRotate,
  'auth:revoke': AuthRevoke,
  'auth:token:attenuate': AuthTokenAttenuate,
  'auth:token:create': AuthTokenCreate,
  'auth:token:inspect': AuthTokenInspect,
  'auth:token:verify': AuthTokenVerify,
  check: Check,
  'code:run': CodeRun,
  completion: Completion,
  doctor: Doctor,
  'engine:cancel': EngineCancel,
  'engine:status': EngineStatus,
  'engine:work': EngineWork,
  'events:analyze': EventsAnalyze,
  'events:tail': EventsTail,
  lock: Lock,
  'models:check': ModelsCheck,
  'models:list': ModelsList,
  'plugins:accept': PluginsAccept,
  'plugins:build': PluginsBuild,
  'plugins:generate': PluginsGenerate,
  'plugins:inspect': PluginsInspect,
  'plugins:install': PluginsInstall,
  'plugins:link': PluginsLink,
  'plugins:list': PluginsList,
  'plugins:outdated': PluginsOutdated,
  'plugins:search': PluginsSearch,
  'plugins:test': PluginsTest,
  'plugins:uninstall': PluginsUninstall,
  'plugins:update': PluginsUpdate,
  'policy:check': PolicyCheck,
  'policy:test': PolicyTest,
  run: Run,
  'runs:artifacts': RunsArtifacts,
  'runs:diff': RunsDiff,
  'runs:export': RunsExport,
  'runs:import': RunsImport,
  'runs:list': RunsList,
  'runs:logs': RunsLogs,
  'runs:prune': RunsPrune,
  'runs:replay': RunsReplay,
  'runs:resume': RunsResume,
  'runs:search': RunsSearch,
  'runs:show': RunsShow,
  'runs:tree': RunsTree,
  'sandbox:run': SandboxRun,
  'storage:backup': StorageBackup,
  'storage:compact': StorageCompact,
  'storage:copy': StorageCopy,
  'storage:info': StorageInfo,
  'storage:migrate': StorageMigrate,
  'storage:restore': StorageRestore,
  'storage:verify': StorageVerify,
  'tools:list': ToolsList,
  'tools:register': ToolsRegister,
  'tools:search': ToolsSearch,
  'tools:show': ToolsShow,
  'tools:test': ToolsTest,
  'tools:types': ToolsTypes,
  'tools:validate': ToolsValidate,
  'tools:watch': ToolsWatch,
  trust: Trust,
};

/** The full command line: help, every command, and whatever the launcher does not take itself. Ends the process. */
export async function main(argv: readonly string[]): Promise<void> {
  // That of oclif throws whatever is no closed pipe.
  process.stdout.removeAllListeners('error');
  endWithReader(process.stdout);
  await serve(argv, async (door) => {
    const plugins = await pluginsFor(argv, OWN_WORDS, door);
    const config = await Config.load(plugins.length === 0 ? { root: packageRoot(), userPlugins: false } : { root: packageRoot(), plugins: new Map([await ownPlugin(), ...plugins].map((plugin) => [plugin.name, plugin])) });
    try {
      await run([...argv], config);
      await flush();
    } catch (thrown) {
      // oclif ends some commands so, help among them with 0.
      const exit = (thrown as { oclif?: { exit?: number } }).oclif?.exit;
      if (exit === 0) return ending.code;
      const owner = ownerOf(argv, plugins);
      if (!owner) throw thrown;
      if (exit === undefined) throw pluginFault(thrown, owner);
      // What a command of a plugin says with the means of oclif, and how it ends, is its own.
      if (!isPlainExit(thrown)) door.stderr.write(`${plain((thrown as Error).message)}\n`);
      return exit;
    }
    return ending.code;
  });
}

const OWN_WORDS: ReadonlySet<string> = new Set(Object.keys(COMMANDS).map((id) => id.split(':')[0] ?? id));

async function ownPlugin(): Promise<Plugin> {
  const plugin = new Plugin({ isRoot: true, root: packageRoot() });
  await plugin.load();
  return plugin;
}

function ownerOf([first = '']: readonly string[], plugins: readonly Plugin[]): Plugin | undefined {
  const word = first.split(':')[0] ?? '';
  return plugins.find(({ commandIDs }) => commandIDs.some((id) => id.split(':')[0] === word));
}

/** What the command of a plugin throws is no defect of toka. */
function pluginFault(thrown: unknown, { name }: Plugin): TokaError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new TokaError('TOKA_PLUGIN_FAILED', `the command of the plugin ${name} failed: ${why}`, { cause: thrown, hint: 'report it to its author; toka plugins inspect shows who that is' });
}

/** That of `this.exit(…)`. */
function isPlainExit(thrown: unknown): boolean {
  return (thrown as { code?: unknown }).code === 'EEXIT';
}
