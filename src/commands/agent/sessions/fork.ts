import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsFork extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions fork 01a2'];
  static override flags = {
    at: string({ description: 'the run to go on from; default: the last', helpValue: 'RUN' }),
    json: boolean({ description: 'print one JSON value (toka/agent-session-fork/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Begin a session that goes on from another, which stays as it is.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsFork);
    const { forkSession } = await import('../../../ui/agent/sessions/sessions.ts');
    this.finish(await forkSession(args.session, flags, this.door));
  }
}
