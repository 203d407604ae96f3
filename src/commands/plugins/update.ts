import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsUpdate extends TokaCommand {
  static override args = { plugin: string({ description: 'the plugin; default: all that are installed', ignoreStdin: true }) };
  static override description =
    'Each plugin is fetched anew from where it came from. What is otherwise with a new version is shown, what it can do more above all, and asked ' +
    'for again. A version that is served with other bytes than before is refused.';
  static override examples = ['<%= config.bin %> plugins update', '<%= config.bin %> plugins update toka-plugin-weather --yes'];
  static override flags = {
    'allow-scripts': boolean({ description: 'let the install scripts run this once' }),
    json: boolean({ description: 'print one JSON value (toka/plugin-change/v1)' }),
    yes: boolean({ char: 'y', description: 'agree to what is otherwise' }),
  };
  static override summary = 'Update plugins.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsUpdate);
    const { updatePlugins } = await import('../../ui/plugins/change.ts');
    this.finish(await updatePlugins(args.plugin, flags, this.door, this.config.commandIDs));
  }
}
