import { boolean } from '@oclif/core/flags';
import { TokaCommand } from './base.ts';

export default class Trust extends TokaCommand {
  static override description =
    'A cloned repository grants itself nothing: the rules in its toka.yaml count only once you have said that you trust exactly this text. ' +
    'A changed file is untrusted again.';
  static override examples = ['<%= config.bin %> trust --show', '<%= config.bin %> trust', '<%= config.bin %> trust --revoke'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/trust/v1)' }),
    revoke: boolean({ description: 'trust this project no longer', exclusive: ['show'] }),
    show: boolean({ description: 'say whether it is trusted and what it would grant; change nothing' }),
  };
  static override summary = 'Trust the configuration of this project.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(Trust);
    const { trustProject } = await import('../ui/trust.ts');
    this.finish(await trustProject(flags, this.door));
  }
}
