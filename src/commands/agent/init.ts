import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AgentInit extends TokaCommand {
  static override args = { name: string({ description: 'the name of the agent, such as changelog-keeper', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent init release-notes'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/agent-init/v1)' }) };
  static override summary = 'Begin an agent: write a commented file for it that is valid.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentInit);
    const { initAgent } = await import('../../ui/agent/init.ts');
    this.finish(await initAgent(args.name, flags, this.door));
  }
}
