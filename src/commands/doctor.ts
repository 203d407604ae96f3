import { boolean } from '@oclif/core/flags';
import { TokaCommand } from './base.ts';

export default class Doctor extends TokaCommand {
  static override description =
    'Tries what toka needs and prints what this machine truly enforces, by what, and how to get more. Ends with 69 where sandboxed tools would be refused.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --sandbox', '<%= config.bin %> doctor --fix'];
  static override flags = {
    fix: boolean({ description: 'install what is missing; asks before it uses sudo' }),
    json: boolean({ description: 'print one JSON value (toka/doctor/v1)' }),
    sandbox: boolean({ description: 'attack a sandbox attempt by attempt, and say what held and by what' }),
  };
  static override summary = 'Check this machine.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    const { doctor } = await import('../ui/doctor.ts');
    this.finish(await doctor(flags, this.door));
  }
}
