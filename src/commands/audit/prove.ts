import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditProve extends TokaCommand {
  static override args = { record: string({ description: 'the sequence number of an event, or the id of a run or its beginning', ignoreStdin: true, required: true }) };
  static override description = 'The proof holds the events word for word, parameters included. Whoever has the key checks it without the journal: toka audit verify --proof FILE.';
  static override examples = ['<%= config.bin %> audit prove 1 > proof.json', '<%= config.bin %> audit prove 0198c3a2 --checkpoint head.txt'];
  static override flags = {
    checkpoint: text({ description: 'prove by this checkpoint; default: the newest that is stored', helpValue: 'FILE' }),
    json: boolean({ description: 'print one JSON value (toka/audit-proof/v1), as it does anyway' }),
    storage: storageFlag,
  };
  static override summary = 'Prove that an event, or all of a run, stands in the signed log.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuditProve);
    const { proveEvents } = await import('../../ui/audit.ts');
    this.finish(await proveEvents(args.record, { checkpoint: flags.checkpoint }, doorTo(flags.storage, this.door)));
  }
}
