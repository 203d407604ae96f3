import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsReplay extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override description = `Carries out the code of the tool once more, with the answers on record instead of the machine: nothing is read, written or started, and nothing
is recorded. Ends with 0 where it asks for the same effects and ends in the same way, and with 76 where it does not, with the first place where it went
another way. The run must have been recorded with toka run --record. The tool may have changed since: that shows whether it still does what it did.`;
  static override examples = [
    '<%= config.bin %> run --record link-validator docs',
    '<%= config.bin %> runs replay 0198c3a2',
    '<%= config.bin %> runs replay 0198c3a2 --strict --json',
    "<%= config.bin %> runs replay 0198c3a2 --reexecute --allow 'fs:write:out/**'",
  ];
  static override flags = {
    allow: text({ description: 'with --reexecute: grant a capability once more that was granted to the run alone; never more than it had', dependsOn: ['reexecute'], multiple: true }),
    json: boolean({ description: 'print one JSON value (toka/run-replay/v1)' }),
    params: text({ description: 'the secrets among its parameters and variables once more: a JSON object in FILE, or - for standard input' }),
    reexecute: boolean({ description: 'really do it once more, as a run of its own that is recorded, and compare how it ends' }),
    storage: storageFlag,
    strict: boolean({ description: 'also the tool, the version of toka, the order of all calls, what it logged and its standard error must be the same' }),
  };
  static override summary = 'Tell a recorded run again, and compare.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsReplay);
    const { replayRun } = await import('../../ui/runs-replay.ts');
    this.finish(await replayRun(args.run, flags, doorTo(flags.storage, this.door)));
  }
}
