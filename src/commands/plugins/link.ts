import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsLink extends TokaCommand {
  static override args = { folder: string({ description: 'the folder of the plugin, built', ignoreStdin: true, required: true }) };
  static override description = 'For who writes a plugin: what stands in the folder is used as it is, and nothing verifies it.';
  static override examples = ['<%= config.bin %> plugins link ../toka-plugin-clock --yes'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-change/v1)' }),
    yes: boolean({ char: 'y', description: 'agree to what it brings' }),
  };
  static override summary = 'Use a plugin from the folder that you work on it in.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsLink);
    const { linkPlugin } = await import('../../ui/plugins/change.ts');
    this.finish(await linkPlugin(args.folder, flags, this.door, this.config.commandIDs));
  }
}
