import { boolean, string } from '@oclif/core/flags';
import { AUDIT_FORMATS, type AuditFormat } from '../../ui/audit-formats.ts';
import { RUN_STATUSES } from '../../ui/runs-list.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditExport extends TokaCommand {
  static override examples = ['<%= config.bin %> audit export --format csv', '<%= config.bin %> audit export --format cef --status denied'];
  static override flags = {
    format: string({ default: 'json', description: 'JSON lines, CSV (RFC 4180), or CEF for a SIEM', options: [...AUDIT_FORMATS] }),
    json: boolean({ description: 'print JSON lines (toka/audit-record/v1)', exclusive: ['format'] }),
    limit: string({ description: 'at most so many, newest first; default: all' }),
    status: string({ description: 'only those that ended so', options: [...RUN_STATUSES] }),
    tool: string({ description: 'only those of this tool, by its full name' }),
    storage: storageFlag,
  };
  static override summary = 'Print the records for other programs.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuditExport);
    const { exportRecords } = await import('../../ui/audit-records.ts');
    this.finish(await exportRecords({ ...flags, format: flags.format as AuditFormat }, doorTo(flags.storage, this.door)));
  }
}
