import { boolean, string } from '@oclif/core/flags';
import { listTools } from '../../ui/tools-list.ts';
import { TokaCommand } from '../base.ts';

export default class ToolsList extends TokaCommand {
  static override examples = ['<%= config.bin %> tools list', '<%= config.bin %> tools list --category checks --json'];
  static override flags = {
    capability: string({ description: 'only tools that ask for it; fs:read stands for all its scopes' }),
    category: string({ description: 'only this category' }),
    json: boolean({ description: 'print one JSON value (toka/tool-list/v1)' }),
    source: string({ description: 'only this source: files, checks, toka, project, user' }),
  };
  static override summary = 'List the tools of this project, yours, and those of plugins.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(ToolsList);
    this.finish(await listTools(flags, this.door));
  }
}
