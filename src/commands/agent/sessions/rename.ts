import { string as word } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsRename extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }), title: word({ description: 'what it is about', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions rename 01a2 "broken links"'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/agent-session-rename/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Give a session a title.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsRename);
    const { renameSession } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await renameSession(args.session, args.title, flags, this.door));
  }
}
