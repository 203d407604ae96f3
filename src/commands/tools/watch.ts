import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ToolsWatch extends TokaCommand {
  static override description = 'Tells of tools that come, go or change, with the digests of their manifest and code before and after. Ctrl-C ends it with 130; where its reader goes away it ends with 0.';
  static override examples = ['<%= config.bin %> tools watch', '<%= config.bin %> tools watch --json'];
  static override flags = { json: boolean({ description: 'print JSON lines (toka/tool-change/v1)' }) };
  static override summary = 'Show how the tools change.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(ToolsWatch);
    const { watch } = await import('../../ui/tools-watch.ts');
    this.finish(await watch(flags, this.door));
  }
}
