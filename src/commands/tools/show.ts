import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { showTool } from '../../ui/tools.ts';
import { TokaCommand } from '../base.ts';

export default class ToolsShow extends TokaCommand {
  static override args = { name: string({ description: 'the tool: its name, or source/name', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> tools show file-reader', '<%= config.bin %> tools show files/file-reader --json'];
  static override flags = { json: boolean({ description: 'print everything its manifest says (toka/tool/v1)' }) };
  static override summary = 'Show what a tool takes, gives and may do.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ToolsShow);
    this.finish(await showTool(args.name, flags, this.door));
  }
}
