import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsList extends TokaCommand {
  static override examples = ['<%= config.bin %> agent sessions list', '<%= config.bin %> agent sessions list --all --json'];
  static override flags = {
    all: boolean({ description: 'those of all folders' }),
    json: boolean({ description: 'print one JSON value (toka/agent-session-list/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'List the sessions of this project.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AgentSessionsList);
    const { listSessions } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await listSessions(flags, this.door));
  }
}
