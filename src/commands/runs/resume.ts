import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { resumeRun } from '../../ui/runs-resume.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsResume extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override description = `Executes the tool again with what is on record: its parameters, and at most the rights that it had. Calls whose outcome
is recorded are answered from the record and not made again. A call that was in the middle of something is made again where its effect allows that
(none, read, idempotent); of others nobody knows whether they were done: you are asked, or say it with --retry or --mark.`;
  static override examples = [
    '<%= config.bin %> runs list --status interrupted',
    '<%= config.bin %> runs resume 0198c3a2',
    "<%= config.bin %> runs resume 0198c3a2 --allow 'fs:write:out/**'",
    '<%= config.bin %> runs resume 0198c3a2 --mark succeeded',
    '<%= config.bin %> runs resume 0198c3a2 --retry --json',
  ];
  static override flags = {
    allow: text({ description: 'grant a capability once more that was granted to the run alone; never more than it had', multiple: true }),
    json: boolean({ description: 'print the result as one JSON value (toka/run-result/v1)' }),
    mark: text({ description: 'say how it ended, where nobody else knows', exclusive: ['retry'], options: ['succeeded', 'failed'] }),
    params: text({ description: 'the secrets among its parameters once more: a JSON object in FILE, or - for standard input' }),
    quiet: boolean({ description: 'print no progress, and no live output with --json' }),
    retry: boolean({ description: 'do again what nobody knows the outcome of, with the same idempotency key' }),
    storage: storageFlag,
    token: text({ description: 'act with the token in FILE, for a run that was started with it' }),
  };
  static override summary = 'Go on with a run whose process was killed.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsResume);
    this.finish(await resumeRun(args.run, flags, doorTo(flags.storage, this.door)));
  }
}
