import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AgentShow extends TokaCommand {
  static override args = { name: string({ description: 'its name, or source/name', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent show documentation', '<%= config.bin %> agent show toka/assistant --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/agent/v1)' }) };
  static override summary = 'Show an agent: its objectives, its tasks, and what it may do.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentShow);
    const { showAgent } = await import('../../ui/agent/agents.ts');
    this.finish(await showAgent(args.name, flags, this.door));
  }
}
