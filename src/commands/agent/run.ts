import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AgentRun extends TokaCommand {
  static override args = { name: string({ description: 'the agent', default: 'assistant', ignoreStdin: true }) };
  static override description = `Talks with an agent in a terminal. Where the output is no terminal each line of standard input is said to it, and its answers are
printed as plain text.`;
  static override examples = ['<%= config.bin %> agent run', '<%= config.bin %> agent run --model ollama/qwen3'];
  static override flags = {
    allow: text({ description: 'what it may do without being asked', helpValue: 'CAPABILITY', multiple: true, multipleNonGreedy: true }),
    model: text({ description: 'which model it asks; default: what the agent says', helpValue: 'PROVIDER/MODEL' }),
    'screen-reader': boolean({ description: 'lines alone: nothing is drawn twice, nothing moves' }),
    session: text({ description: 'go on with this session, named by the beginning of its id', helpValue: 'ID' }),
  };
  static override summary = 'Talk with an agent.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentRun);
    const { startRepl } = await import('../../ui/repl/start.ts');
    const { model, session } = flags;
    const options = { agent: args.name, allow: flags.allow ?? [], isForScreenReader: flags['screen-reader'], ...(model === undefined ? {} : { model }), ...(session === undefined ? {} : { session }) };
    this.finish(await startRepl(options, this.door));
  }
}
