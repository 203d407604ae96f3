import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsExport extends TokaCommand {
  static override args = { run: word({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override description =
    'Writes one file (toka/run-export/v1, JSON lines) that holds all that is recorded of a run that has ended: its events word for word with their hashes, and what is kept beside them. It holds parameters and output; secrets are not in the record, so not in it. toka runs import reads it on another machine.';
  static override examples = ['<%= config.bin %> runs export 0198c3a2 --with-children --out run.jsonl', '<%= config.bin %> runs export 0198c3a2 > run.jsonl'];
  static override flags = {
    json: boolean({ description: 'with --out: print one JSON value (toka/run-exported/v1) of what was written' }),
    out: string({ description: 'write it to this file, as a whole or not at all; default: standard output', helpValue: 'FILE' }),
    storage: storageFlag,
    'with-children': boolean({ description: 'also the runs that it started, and those that these started' }),
  };
  static override summary = 'Write a run to a file, to be looked at on another machine.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsExport);
    const { exportRun } = await import('../../ui/run-export.ts');
    this.finish(await exportRun(args.run, { json: flags.json, out: flags.out, withChildren: flags['with-children'] }, doorTo(flags.storage, this.door)));
  }
}
