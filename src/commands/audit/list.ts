import { boolean, string } from '@oclif/core/flags';
import { RUN_STATUSES } from '../../ui/runs-list.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditList extends TokaCommand {
  static override examples = ['<%= config.bin %> audit list', '<%= config.bin %> audit list --status denied --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/audit-list/v1)' }),
    limit: string({ default: '20', description: 'at most so many, newest first' }),
    status: string({ description: 'only those that ended so', options: [...RUN_STATUSES] }),
    tool: string({ description: 'only those of this tool, by its full name' }),
    storage: storageFlag,
  };
  static override summary = 'List what was done: who, what, with which decision and outcome.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuditList);
    const { listRecords } = await import('../../ui/audit-records.ts');
    this.finish(await listRecords(flags, doorTo(flags.storage, this.door)));
  }
}
