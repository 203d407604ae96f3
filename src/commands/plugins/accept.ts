import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsAccept extends TokaCommand {
  static override args = { plugin: string({ description: 'one that is installed or linked', ignoreStdin: true, required: true }) };
  static override description =
    'The hook of a plugin can come to say something else than what was agreed to: its files were changed, or it failed before. Until that was agreed to, nothing of it counts.';
  static override examples = ['<%= config.bin %> plugins accept toka-plugin-weather'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-change/v1)' }),
    yes: boolean({ char: 'y', description: 'agree to what it brings' }),
  };
  static override summary = 'Show what the hook of a plugin says that nobody has agreed to, and ask.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsAccept);
    const { acceptPlugin } = await import('../../ui/plugins/change.ts');
    this.finish(await acceptPlugin(args.plugin, flags, this.door));
  }
}
