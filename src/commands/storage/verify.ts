import { boolean, string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageVerify extends TokaCommand {
  static override description =
    'The backend looks for damage of its own structure; then every event is compared with the log, the chains, the summaries, the blobs and the signed checkpoints, as toka audit verify does. Ends with 76 if anything is wrong.';
  static override examples = ['<%= config.bin %> storage verify', '<%= config.bin %> storage verify --storage sqlite:copied --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-verify/v1)' }),
    key: string({ description: 'a further key whose signatures count', helpValue: 'KEY', multiple: true, multipleNonGreedy: true }),
    storage: storageFlag,
  };
  static override summary = 'Check that the storage and the record in it are whole.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(StorageVerify);
    const { verifyStorage } = await import('../../ui/storage-look.ts');
    this.finish(await verifyStorage({ ...flags, key: flags.key ?? [] }, this.door));
  }
}
