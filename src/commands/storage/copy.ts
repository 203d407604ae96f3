import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class StorageCopy extends TokaCommand {
  static override args = { from: string({ description: 'where the journal is', ignoreStdin: true, required: true }), to: string({ description: 'where it shall be too', ignoreStdin: true, required: true }) };
  static override description =
    'All events and everything beside them, as of one moment: others may go on writing. TO must be empty; it holds all of it, verified, or nothing, even if the copy is killed. FROM and TO are written as for --storage: BACKEND, BACKEND:FOLDER, or an address.';
  static override examples = ['<%= config.bin %> storage copy sqlite sqlite:copied', '<%= config.bin %> storage copy sqlite:copied sqlite:archive --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/storage-copy/v1)' }),
  };
  static override summary = 'Copy the journal to another storage.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(StorageCopy);
    const { copyJournal } = await import('../../ui/storage-keep.ts');
    this.finish(await copyJournal(args, flags, this.door));
  }
}
