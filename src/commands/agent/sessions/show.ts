import { string as word } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsShow extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions show 01a2'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/agent-session/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Show what was said in a session.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsShow);
    const { showSession } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await showSession(args.session, flags, this.door));
  }
}
