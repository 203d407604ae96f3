import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AgentValidate extends TokaCommand {
  static override args = { path: string({ description: 'files of agents or folders of them; default: all that toka knows here', ignoreStdin: true }) };
  static override examples = ['<%= config.bin %> agent validate', '<%= config.bin %> agent validate .toka/agents'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/agent-validation/v1)' }) };
  static override strict = false;
  static override summary = 'Check agents: every problem with its place, also tools and agents that are not there.';
  static override usage = 'agent validate [PATH...]';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(AgentValidate);
    const { validateAgents } = await import('../../ui/agent/agents.ts');
    this.finish(await validateAgents(argv as string[], flags, this.door));
  }
}
