import { string } from '@oclif/core/args';
import { boolean, integer } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsSearch extends TokaCommand {
  static override args = { words: string({ description: 'words, in any order; default: all plugins', ignoreStdin: true }) };
  static override examples = ['<%= config.bin %> plugins search', '<%= config.bin %> plugins search weather forecast --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-search/v1)' }),
    limit: integer({ default: 20, description: 'at most so many', max: 250, min: 1 }),
  };
  static override strict = false;
  static override summary = 'Find plugins in the registry.';
  static override usage = 'plugins search [WORDS...]';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(PluginsSearch);
    const { searchPlugins } = await import('../../ui/plugins/search.ts');
    this.finish(await searchPlugins(argv as string[], flags, this.door));
  }
}
