import { boolean } from '@oclif/core/flags';
import { TokaCommand } from './base.ts';

export default class Lock extends TokaCommand {
  static override description =
    'toka.lock says of every tool that the project can run what it is: its manifest, its code, its version, what it may do. Commit it. From ' +
    'then on a tool that is otherwise, or not in it, does not run: on a terminal you are shown what changed and asked, elsewhere the run ends ' +
    'with 76.';
  static override examples = ['<%= config.bin %> lock', '<%= config.bin %> lock --check', '<%= config.bin %> run --frozen link-validator docs'];
  static override flags = {
    check: boolean({ description: 'change nothing; end with 76 where a tool is not as the lock says' }),
    json: boolean({ description: 'print one JSON value (toka/lock/v1)' }),
  };
  static override summary = 'Write down what the tools of this project are.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(Lock);
    const { lockProject } = await import('../ui/lock.ts');
    this.finish(await lockProject(flags, this.door));
  }
}
