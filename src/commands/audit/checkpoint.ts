import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditCheckpoint extends TokaCommand {
  static override description =
    'A checkpoint says how many events there are and what their root is, signed with your key (c2sp.org/tlog-checkpoint). It is stored with the journal; a copy elsewhere shows later that nothing was cut off or written anew. Everything is verified first.';
  static override examples = ['<%= config.bin %> audit checkpoint', '<%= config.bin %> audit checkpoint --out head.txt'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/audit-checkpoint/v1)' }),
    key: string({ description: 'a further key whose signatures count', helpValue: 'KEY', multiple: true, multipleNonGreedy: true }),
    out: string({ description: 'write it to this file', helpValue: 'FILE' }),
    storage: storageFlag,
  };
  static override summary = 'Sign what is recorded so far.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuditCheckpoint);
    const { signRecord } = await import('../../ui/audit.ts');
    this.finish(await signRecord({ ...flags, key: flags.key ?? [], out: flags.out }, doorTo(flags.storage, this.door)));
  }
}
