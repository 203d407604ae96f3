import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageCompact extends TokaCommand {
  static override description =
    'Gives space back that nothing uses any more, and says how much. Nothing is lost.';
  static override examples = ['<%= config.bin %> storage compact', '<%= config.bin %> storage compact --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-compact/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Make the journal as small as it can be.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(StorageCompact);
    const { compactJournal } = await import('../../ui/storage-keep.ts');
    this.finish(await compactJournal(flags, this.door));
  }
}
