import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PolicyCheck extends TokaCommand {
  static override args = { tool: string({ description: 'the tool: its name, or source/name', ignoreStdin: true, required: true }) };
  static override description =
    'Decides a call without running it, line by line: each capability that it needs, the rule that decides it, and what would grant it. Ends ' +
    'with 77 where the call would not run unasked.';
  static override examples = [
    '<%= config.bin %> policy check file-reader --param path=README.md',
    "echo '{\"path\": \"README.md\"}' | <%= config.bin %> policy check file-reader --params - --json",
  ];
  static override flags = {
    allow: text({ description: 'as if this capability were granted by a flag', helpValue: 'CAPABILITY', multiple: true }),
    json: boolean({ description: 'print one JSON value (toka/policy-check/v1)' }),
    param: text({ description: 'a parameter by its name in the manifest', helpValue: 'NAME=VALUE', multiple: true }),
    params: text({ description: 'parameters as a JSON object, or the result of another run', helpValue: 'FILE|-' }),
  };
  static override summary = 'Explain what the policy says of a call.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyCheck);
    const { checkPolicy } = await import('../../ui/policy-check.ts');
    this.finish(await checkPolicy(args.tool, flags, this.door));
  }
}
