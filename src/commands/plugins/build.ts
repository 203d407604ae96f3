import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsBuild extends TokaCommand {
  static override args = { path: string({ default: '.', description: 'the folder of the plugin; default: this one', ignoreStdin: true }) };
  static override description =
    'Imports what stands in dist/ for each file directly in src/, each in a process of its own, and writes what it defines into the toka block of package.json, so that toka can list it without importing it. Compile the plugin first.';
  static override examples = ['<%= config.bin %> plugins build', '<%= config.bin %> plugins build ../toka-plugin-weather --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/plugin-build/v1)' }) };
  static override summary = 'Write the toka block of a plugin from what it defines.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsBuild);
    const { buildPlugin } = await import('../../ui/plugin-kit/build.ts');
    this.finish(await buildPlugin(args.path, flags, this.door));
  }
}
