import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsOutdated extends TokaCommand {
  static override description = 'Asks the registry for the newest version of toka and of each plugin that was installed from a registry, and changes nothing. On a terminal toka has this asked once a day behind a command, and says in a line what is newer; NO_UPDATE_NOTIFIER=1 turns that off.';
  static override examples = ['<%= config.bin %> plugins outdated', '<%= config.bin %> plugins outdated --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-outdated/v1)' }),
    quiet: boolean({ description: 'print nothing, and tell what was found behind the next command on a terminal', exclusive: ['json'] }),
  };
  static override summary = 'List what is older than what the registry has.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(PluginsOutdated);
    const { listOutdated } = await import('../../ui/updates/outdated.ts');
    this.finish(await listOutdated(flags, this.door));
  }
}
