import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AgentList extends TokaCommand {
  static override examples = ['<%= config.bin %> agent list', '<%= config.bin %> agent list --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/agent-list/v1)' }) };
  static override summary = 'List the agents of this project, yours, and those that come with toka.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AgentList);
    const { listAgents } = await import('../../ui/agent/agents.ts');
    this.finish(await listAgents(flags, this.door));
  }
}
