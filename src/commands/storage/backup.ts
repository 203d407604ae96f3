import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageBackup extends TokaCommand {
  static override args = { place: string({ description: 'a path where nothing is yet', ignoreStdin: true, required: true }) };
  static override description =
    'All of one moment, while others go on writing. The backup stands there once it is verified, and replaces nothing. It holds what the journal holds, parameters and output too: keep it as safe.';
  static override examples = ['<%= config.bin %> storage backup monday.db', '<%= config.bin %> storage backup tuesday.db --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-backup/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Write the journal to a file or folder.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(StorageBackup);
    const { backupJournal } = await import('../../ui/storage-keep.ts');
    this.finish(await backupJournal(args.place, flags, this.door));
  }
}
