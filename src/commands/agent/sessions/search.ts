import { string as word } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsSearch extends TokaCommand {
  static override args = { text: word({ description: 'what was said', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions search "retry"'];
  static override flags = {
    all: boolean({ description: 'in those of all folders' }),
    json: boolean({ description: 'print one JSON value (toka/agent-session-search/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Find sessions by what was said in them.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsSearch);
    const { searchSessions } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await searchSessions(args.text, flags, this.door));
  }
}
