import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ToolsRegister extends TokaCommand {
  static override description =
    'Manifests found in the folder are checked and copied, each with the script beside it, into .toka/tools of this project. Scripts without a ' +
    'manifest are reported with a proposed one, and never registered by themselves.';
  static override examples = [
    '<%= config.bin %> tools register --discover vendor/tools --dry-run',
    '<%= config.bin %> tools register --discover vendor/tools --validate-security',
  ];
  static override flags = {
    discover: string({ description: 'the folder to look in', helpValue: 'DIR', required: true }),
    'dry-run': boolean({ description: 'say what would be registered, write nothing' }),
    json: boolean({ description: 'print one JSON value (toka/registration/v1)' }),
    'validate-security': boolean({ description: 'refuse manifests that ask for more than they need to' }),
  };
  static override summary = 'Register the tools of a folder.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(ToolsRegister);
    const { registerTools } = await import('../../ui/register.ts');
    this.finish(await registerTools(flags.discover, flags, this.door));
  }
}
