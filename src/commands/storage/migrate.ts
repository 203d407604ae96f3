import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class StorageMigrate extends TokaCommand {
  static override description =
    'A journal of an older format is brought to it in one step, as the first run that is recorded in it would do. One of a newer format needs a newer toka.';
  static override examples = ['<%= config.bin %> storage migrate --dry-run', '<%= config.bin %> storage migrate'];
  static override flags = {
    'dry-run': boolean({ description: 'change nothing, only say what would be done' }),
    json: boolean({ description: 'print one JSON value (toka/storage-migrate/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Bring the journal to the present format.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(StorageMigrate);
    const { migrateJournal } = await import('../../ui/storage-keep.ts');
    this.finish(await migrateJournal(flags, this.door));
  }
}
