import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { showTree } from '../../ui/run-tree.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsTree extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override description = 'A line for each run, with how it ended, what it took and what was measured of it, and a bar that says when: first what it waited, then what it worked.';
  static override examples = ['<%= config.bin %> runs tree 0198c3a2', '<%= config.bin %> runs tree 0198c3a2 --json'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-tree/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show a run with all runs that it started, and those that these started, against time.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsTree);
    this.finish(await showTree(args.run, flags, doorTo(flags.storage, this.door)));
  }
}
