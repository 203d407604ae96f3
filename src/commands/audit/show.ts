import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditShow extends TokaCommand {
  static override args = { record: string({ description: 'the sequence number of an event, or the id of a run or its beginning', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> audit show 1', '<%= config.bin %> audit show 0198c3a2 --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/audit-show/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show one record: who, what, parameters, grants with their source, denials with their reason, outcome, hashes.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuditShow);
    const { showRecord } = await import('../../ui/audit-records.ts');
    this.finish(await showRecord(args.record, flags, doorTo(flags.storage, this.door)));
  }
}
