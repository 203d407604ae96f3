import { boolean, string } from '@oclif/core/flags';
import { listRuns, RUN_STATUSES } from '../../ui/runs-list.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsList extends TokaCommand {
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --status denied --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-list/v1)' }),
    limit: string({ default: '20', description: 'at most so many, newest first' }),
    status: string({
      description: 'only those that ended so',
      options: RUN_STATUSES,
    }),
    tool: string({ description: 'only those of this tool, by its full name' }),
    storage: storageFlag,
  };
  static override summary = 'List recorded runs.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(RunsList);
    this.finish(await listRuns(flags, doorTo(flags.storage, this.door)));
  }
}
