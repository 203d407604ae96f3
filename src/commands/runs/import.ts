import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsImport extends TokaCommand {
  static override args = { file: string({ description: 'what toka runs export has written', ignoreStdin: true, required: true }) };
  static override description =
    'The runs of the file are recorded under their own ids, each with a further event (run.imported) that says where it comes from. Everything is checked first: the form, the end, the chain of each run, each blob. All is recorded in one commit, or nothing; what is here already stays as it is.';
  static override examples = ['<%= config.bin %> runs import run.jsonl', '<%= config.bin %> runs import run.jsonl --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-import/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Record runs of another machine.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsImport);
    const { importRun } = await import('../../ui/run-export.ts');
    this.finish(await importRun(args.file, flags, doorTo(flags.storage, this.door)));
  }
}
