import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { showRun } from '../../ui/runs.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsShow extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> runs show 0198c3a2'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-show/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show a run: what was asked and granted, how it went, and the runs that it started.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsShow);
    this.finish(await showRun(args.run, flags, doorTo(flags.storage, this.door)));
  }
}
