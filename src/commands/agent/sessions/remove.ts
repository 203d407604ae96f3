import { string as word } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsRemove extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions remove 01a2'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/agent-session-remove/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Forget a session; its runs stay on record.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsRemove);
    const { removeSession } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await removeSession(args.session, flags, this.door));
  }
}
