import { string } from '@oclif/core/args';
import { TokaCommand } from '../base.ts';

export default class ToolsTypes extends TokaCommand {
  static override args = { name: string({ description: 'a tool, or a glob over full names such as files/*; default: all', ignoreStdin: true }) };
  static override description =
    'Prints TypeScript declarations of the tools as code finds them (toka code run), for editors and for prompts of models. What a tool promises of its result is its type; where it promises nothing, unknown.';
  static override examples = ['<%= config.bin %> tools types', "<%= config.bin %> tools types 'files/*'", '<%= config.bin %> tools types file-reader'];
  static override summary = 'Print the types of tools for code.';

  override async run(): Promise<void> {
    const { args } = await this.parse(ToolsTypes);
    const { toolTypes } = await import('../../ui/tools-types.ts');
    this.finish(await toolTypes(args.name, this.door));
  }
}
