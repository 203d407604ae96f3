import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsList extends TokaCommand {
  static override examples = ['<%= config.bin %> plugins list', '<%= config.bin %> plugins list --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/plugin-list/v1)' }) };
  static override summary = 'List the plugins, and what is wrong with those that do not work.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(PluginsList);
    const { listPlugins } = await import('../../ui/plugins/show.ts');
    this.finish(await listPlugins(flags, this.door));
  }
}
