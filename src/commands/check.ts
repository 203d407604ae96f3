import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../ui/door.ts';
import { storageFlag, TokaCommand } from './base.ts';

export default class Check extends TokaCommand {
  static override description =
    'Runs every tool tagged "check" that needs nothing but to read the project, each as a run of its own. A tool that this machine cannot ' +
    'sandbox is refused, and the summary says why. Ends with 1 if a check failed.';
  static override examples = ['<%= config.bin %> check', '<%= config.bin %> check docs README.md', '<%= config.bin %> check --only link-validator --json'];
  static override flags = {
    frozen: boolean({ description: 'run only what toka.lock vouches for' }),
    json: boolean({ description: 'print one JSON value (toka/check/v1)' }),
    only: string({ description: 'only this tool', helpValue: 'NAME', multiple: true }),
    storage: storageFlag,
  };
  static override strict = false;
  static override summary = 'Run all checks over this project.';
  static override usage = 'check [FLAGS] [PATH...]';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(Check);
    const { checkProject } = await import('../ui/check.ts');
    this.finish(await checkProject(argv as string[], flags, doorTo(flags.storage, this.door)));
  }
}
