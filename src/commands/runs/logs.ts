import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { logsRun } from '../../ui/runs.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsLogs extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> runs logs 0198c3a2'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-logs/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Print what a run wrote.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsLogs);
    this.finish(await logsRun(args.run, flags, doorTo(flags.storage, this.door)));
  }
}
