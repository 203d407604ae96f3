import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsImport extends TokaCommand {
  static override args = { file: word({ description: 'what export --format json wrote', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions import session.json'];
  static override flags = {
    agent: string({ description: 'with which agent it goes on; default: that which it names', helpValue: 'NAME' }),
    json: boolean({ description: 'print one JSON value (toka/agent-session-import/v1)' }),
    storage: storageFlag,
  };
  static override summary = 'Take a session over from elsewhere; nothing in it counts as said by you.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsImport);
    const { importSession } = await import('../../../ui/agent/sessions/transfer.ts');
    this.finish(await importSession(args.file, flags, this.door));
  }
}
