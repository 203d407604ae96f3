import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsUninstall extends TokaCommand {
  static override args = { plugin: string({ description: 'the name of its package, or the short one', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> plugins uninstall toka-plugin-weather'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/plugin-change/v1)' }) };
  static override summary = 'Remove a plugin, and everything that was installed with it.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsUninstall);
    const { uninstallPlugin } = await import('../../ui/plugins/change.ts');
    this.finish(await uninstallPlugin(args.plugin, { ...flags, yes: true }, this.door));
  }
}
