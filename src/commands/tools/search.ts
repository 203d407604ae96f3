import { string } from '@oclif/core/args';
import { boolean, integer } from '@oclif/core/flags';
import { searchTools } from '../../ui/tools.ts';
import { TokaCommand } from '../base.ts';

export default class ToolsSearch extends TokaCommand {
  static override args = { query: string({ description: 'words, in any order', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> tools search "broken links"', '<%= config.bin %> tools search dates --limit 3 --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/tool-search/v1)' }),
    limit: integer({ default: 10, description: 'at most so many', max: 100, min: 1 }),
  };
  static override summary = 'Find tools by what they do.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ToolsSearch);
    this.finish(await searchTools(args.query, flags, this.door));
  }
}
