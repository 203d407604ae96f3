import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsArtifacts extends TokaCommand {
  static override args = { run: string({ description: 'the run: its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> runs artifacts 0198c3a2', '<%= config.bin %> runs artifacts 0198c3a2 --out plots'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-artifacts/v1)' }),
    out: text({ description: 'write them into this folder', helpValue: 'FOLDER' }),
    storage: storageFlag,
  };
  static override summary = 'List the files that a run made for its caller, or hand them out.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsArtifacts);
    const { runArtifacts } = await import('../../ui/artifacts.ts');
    this.finish(await runArtifacts(args.run, flags, this.door));
  }
}
