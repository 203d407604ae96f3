import { boolean, string } from '@oclif/core/flags';
import { listRuns, RUN_STATUSES } from '../../ui/runs-list.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsList extends TokaCommand {
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --status denied --json', '<%= config.bin %> runs list --since 12h --principal user:1000'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-list/v1)' }),
    limit: string({ default: '20', description: 'at most so many, newest first' }),
    principal: string({ description: 'only those that this one asked for, such as user:1000' }),
    since: string({ description: 'only those requested since then: a duration or a time, such as 12h or 2026-01-31', helpValue: 'WHEN' }),
    status: string({
      description: 'only those that ended so',
      options: RUN_STATUSES,
    }),
    tool: string({ description: 'only those of this tool, by its full name' }),
    until: string({ description: 'only those requested before then', helpValue: 'WHEN' }),
    storage: storageFlag,
  };
  static override summary = 'List recorded runs.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(RunsList);
    this.finish(await listRuns(flags, doorTo(flags.storage, this.door)));
  }
}
