import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsDiff extends TokaCommand {
  static override args = {
    a: string({ description: 'a run: its id, or the beginning of it', ignoreStdin: true, required: true }),
    b: string({ description: 'another one', ignoreStdin: true, required: true }),
  };
  static override description =
    'Compares tool and manifest, parameters, who and where, capabilities, level, command, outcome, output, data and error of two runs that have ended. Ends with 0 where they are the same and with 1 where they differ. What they used is shown where it differs, and does not count; nor do times, and the runs that they started.';
  static override examples = ['<%= config.bin %> runs diff 0198c3a2 0198c3b7', '<%= config.bin %> runs diff 0198c3a2 0198c3b7 --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-diff/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show what differs between two runs.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsDiff);
    const { diffRuns } = await import('../../ui/run-diff.ts');
    this.finish(await diffRuns(args.a, args.b, flags, doorTo(flags.storage, this.door)));
  }
}
