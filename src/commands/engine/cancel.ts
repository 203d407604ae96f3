import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class EngineCancel extends TokaCommand {
  static override args = { run: string({ description: 'the id of the run', ignoreStdin: true, required: true }) };
  static override description = 'One that waits is not begun any more; one that a worker is at is stopped, where the engine supports that.';
  static override examples = ['<%= config.bin %> engine cancel 0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f', '<%= config.bin %> engine cancel 0198c3a2-7f3e-7c41-9d0e-5a4b3c2d1e0f --json'];
  static override flags = {
    engine: text({ description: 'the engine; default: that of the configuration', helpValue: 'ID|ADDRESS' }),
    json: boolean({ description: 'print one JSON value (toka/engine-run/v1)' }),
  };
  static override summary = 'Cancel a run that was given to an engine.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(EngineCancel);
    const { standOf } = await import('../../ui/engine/stand.ts');
    this.finish(await standOf(args.run, 'cancel', flags, this.door));
  }
}
