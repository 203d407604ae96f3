import { string as word } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../../base.ts';

export default class AgentSessionsResume extends TokaCommand {
  static override args = { session: word({ description: 'its id, or the beginning of it', ignoreStdin: true, required: true }) };
  static override description = 'What was interrupted in it, by a crash for instance, is brought to its end first, from its record: nothing is done twice.';
  static override examples = ['<%= config.bin %> agent sessions resume 01a2', '<%= config.bin %> agent sessions resume 01a2 -p "and the tests?"'];
  static override flags = {
    allow: string({ description: 'grant a capability to this run', helpValue: 'CAPABILITY', multiple: true }),
    output: string({ default: 'text', description: 'as for toka agent run', options: ['text', 'json', 'stream-json'] }),
    prompt: string({ char: 'p', description: 'what is to be done next; - reads it from standard input', helpValue: 'TEXT|-' }),
    storage: storageFlag,
  };
  static override summary = 'Go on with a session.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentSessionsResume);
    const { resumeSession } = await import('../../../ui/agent/sessions/resume.ts');
    const output = flags.output as 'text' | 'json' | 'stream-json';
    this.finish(await resumeSession(args.session, flags.prompt, { ...flags, continue: false, ephemeral: false, output, plan: false, record: false }, this.door));
  }
}
