import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ToolsValidate extends TokaCommand {
  static override args = { file: string({ description: 'manifests or folders of them; default: all that toka knows here', ignoreStdin: true }) };
  static override examples = ['<%= config.bin %> tools validate', '<%= config.bin %> tools validate manifests'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/validation/v1)' }) };
  static override strict = false;
  static override summary = 'Check tool manifests: every problem with its place and a fix.';
  static override usage = 'tools validate [FILE...]';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(ToolsValidate);
    const { validateManifests } = await import('../../ui/manifests.ts');
    this.finish(await validateManifests(argv as string[], flags, this.door));
  }
}
