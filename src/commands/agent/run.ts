import { string as word } from '@oclif/core/args';
import { boolean, integer, string } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class AgentRun extends TokaCommand {
  static override args = { name: word({ description: 'the agent; default: assistant', ignoreStdin: true }) };
  static override description =
    'Without -p it is a conversation: on a terminal with all that docs/repl.md tells; elsewhere each line of standard input is said, and the answers are printed. ' +
    'With -p it answers once and ends, for scripts and pipes: what stands on standard input is handed over beside the prompt. ' +
    'The exit code is 0 only where it is done and what shows that holds; denied, failed, out of budget and input needed have codes of their own (docs/agents.md).';
  static override examples = [
    '<%= config.bin %> agent run -p "which files have no tests?"',
    'git diff | <%= config.bin %> agent run -p "what does this change?" --output json',
    '<%= config.bin %> agent run documentation -p - --allow "fs:write:docs/**" --budget money=0.50,wall=10m < task.md',
    '<%= config.bin %> agent run -p "list the open ports of compose.yaml" --schema ports.schema.json',
  ];
  static override flags = {
    allow: string({ description: 'grant a capability to this run', helpValue: 'CAPABILITY', multiple: true }),
    budget: string({ description: 'what it may use together with all that it starts: calls, wall, cpu, bytes, tokens, money (US dollars)', helpValue: 'money=0.50,tokens=50000' }),
    continue: boolean({ description: 'go on with the last session here', exclusive: ['ephemeral', 'session'] }),
    deny: string({ description: 'take a capability away from this run and all that it starts', helpValue: 'CAPABILITY', multiple: true }),
    ephemeral: boolean({ description: 'keep no session, and nothing of the conversation', exclusive: ['continue', 'session'] }),
    image: string({ description: 'hand a picture over: PNG, JPEG, GIF or WebP', helpValue: 'FILE', multiple: true }),
    json: boolean({ description: 'the same as --output json' }),
    'max-turns': integer({ description: 'how often it may ask its model', min: 1 }),
    model: string({ description: 'which model it asks: PROVIDER/MODEL or a role' }),
    output: string({ description: 'text: its answer; json: one value (toka/agent-result/v1); stream-json: a line for each event (toka/agent-event/v1), then the result', options: ['text', 'json', 'stream-json'] }),
    plan: boolean({ description: 'only look and plan: calls that change something are refused' }),
    prompt: string({ char: 'p', description: 'what is to be done; - reads it from standard input', helpValue: 'TEXT|-' }),
    record: boolean({ description: 'keep all that is needed to replay it' }),
    schema: string({ description: 'JSON Schema that its answer must match, as JSON or YAML', helpValue: 'FILE' }),
    'screen-reader': boolean({ description: 'a conversation in lines alone: nothing is drawn twice, nothing moves' }),
    session: string({ description: 'go on with a session, or begin one, which is the default', helpValue: 'ID|new', exclusive: ['continue', 'ephemeral'] }),
    storage: storageFlag,
    timeout: string({ description: 'how long it may take', helpValue: '10m' }),
  };
  static override summary = 'Run an agent: once for a prompt, or on a terminal as a conversation.';

  protected override get isJson(): boolean {
    return super.isJson || /--output[= ](?:stream-)?json\b/.test(this.argv.join(' '));
  }

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AgentRun);
    const { json, output, prompt, ...rest } = flags;
    if (prompt === undefined) {
      const { startRepl } = await import('../../ui/repl/start.ts');
      this.finish(await startRepl(args.name, rest, this.door));
      return;
    }
    const { runAgent } = await import('../../ui/agent/run.ts');
    this.finish(await runAgent(args.name, prompt, { ...rest, output: json ? 'json' : ((output ?? 'text') as 'text' | 'json' | 'stream-json') }, this.door));
  }
}
