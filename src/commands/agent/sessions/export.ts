import { string as word } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsExport extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override examples = ['<%= config.bin %> agent sessions export 01a2 > session.md', '<%= config.bin %> agent sessions export 01a2 --format json --out session.json'];
  static override flags = {
    format: string({ default: 'markdown', description: 'markdown: to read; json: to import elsewhere (toka/agent-session/v1)', options: ['markdown', 'json'] }),
    out: string({ description: 'write it there', helpValue: 'FILE' }),
    storage: storageFlag,
  };
  static override summary = 'Write a session out, secrets removed.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsExport);
    const { exportSession } = await import('../../../ui/agent/sessions/transfer.ts');
    this.finish(await exportSession(args.session, { ...flags, format: flags.format as 'markdown' | 'json' }, this.door));
  }
}
