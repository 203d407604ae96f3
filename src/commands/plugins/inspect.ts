import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsInspect extends TokaCommand {
  static override args = { plugin: string({ description: 'one that is installed, or whatever toka plugins install takes', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> plugins inspect toka-plugin-weather', '<%= config.bin %> plugins inspect ./toka-plugin-weather-1.0.0.tgz --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/plugin/v1)' }) };
  static override summary = 'Show what a plugin brings, whether it is installed or not.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsInspect);
    const { inspectPlugin } = await import('../../ui/plugins/show.ts');
    this.finish(await inspectPlugin(args.plugin, flags, this.door, this.config.commandIDs));
  }
}
