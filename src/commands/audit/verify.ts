import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AuditVerify extends TokaCommand {
  static override description =
    'Every event is compared with the log over all events, the chain of its run and the stored checkpoints; what was changed, dropped, swapped or inserted is located. What was cut off with all its traces is found by a checkpoint that was kept elsewhere. Ends with 76 if anything is wrong.';
  static override examples = [
    '<%= config.bin %> audit verify',
    '<%= config.bin %> audit verify --checkpoint head.txt',
    '<%= config.bin %> audit verify --proof proof.json',
  ];
  static override flags = {
    checkpoint: string({ description: 'a checkpoint that was kept elsewhere', helpValue: 'FILE', multiple: true, multipleNonGreedy: true }),
    json: boolean({ description: 'print one JSON value (toka/audit-verify/v1; with --proof toka/audit-verify-proof/v1)' }),
    key: string({ description: 'a further key whose signatures count', helpValue: 'KEY', multiple: true, multipleNonGreedy: true }),
    proof: string({ description: 'check what toka audit prove has printed, without the journal', helpValue: 'FILE' }),
    storage: storageFlag,
  };
  static override summary = 'Check that nobody has changed the record.';

  override async run(): Promise<void> {
    const { flags: given } = await this.parse(AuditVerify);
    const flags = { ...given, checkpoint: given.checkpoint ?? [], key: given.key ?? [] };
    const { verifyProof, verifyRecord } = await import('../../ui/audit.ts');
    this.finish(flags.proof === undefined ? await verifyRecord(flags, doorTo(flags.storage, this.door)) : await verifyProof(flags.proof, flags, doorTo(flags.storage, this.door)));
  }
}
