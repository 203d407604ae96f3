import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageInfo extends TokaCommand {
  static override description = 'Which backend keeps the journal, where, in which format, how much it holds and takes, and which backends are installed. What is not known is left out.';
  static override examples = ['<%= config.bin %> storage info', '<%= config.bin %> storage info --storage sqlite:copied --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-info/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show where the journal is kept, and how.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(StorageInfo);
    const { showStorage } = await import('../../ui/storage-look.ts');
    this.finish(await showStorage(flags, this.door));
  }
}
