import { string } from '@oclif/core/args';
import { integer } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class EngineWork extends TokaCommand {
  static override args = { id: string({ description: 'the engine: its id or address; default: that of the configuration', ignoreStdin: true }) };
  static override description = `Does the runs that were submitted with toka run --engine, with the rights of their tokens as far as the policy here goes, until Ctrl-C:
what has begun is ended then, and Ctrl-C again kills it. What a worker was at that is gone is given to another one, which goes on with it.`;
  static override examples = ['<%= config.bin %> engine work', '<%= config.bin %> engine work postgres --concurrency 4'];
  static override flags = {
    concurrency: integer({ description: 'how many runs it does at once', default: 1, min: 1, max: 1000 }),
    storage: storageFlag,
  };
  static override summary = 'Be a worker of an engine.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(EngineWork);
    const { workFor } = await import('../../ui/engine/work.ts');
    this.finish(await workFor({ concurrency: flags.concurrency, engine: args.id }, doorTo(flags.storage, this.door)));
  }
}
