import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageRestore extends TokaCommand {
  static override args = { backup: string({ description: 'what toka storage backup has written', ignoreStdin: true, required: true }) };
  static override description =
    'The backup is verified first; then all of it takes the place of the journal, or nothing. A journal that has events, or is damaged, gives way only with --replace, and is kept beside.';
  static override examples = ['<%= config.bin %> storage restore monday.db --storage sqlite:restored', '<%= config.bin %> storage restore monday.db --replace'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-restore/v1)' }),
    replace: boolean({ description: 'let a journal that has events give way; it is kept beside' }),
    storage: storageFlag,
  };
  static override summary = 'Put a backup in the place of the journal.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(StorageRestore);
    const { restoreJournal } = await import('../../ui/storage-keep.ts');
    this.finish(await restoreJournal(args.backup, flags, this.door));
  }
}
