import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PolicyTest extends TokaCommand {
  static override args = { file: string({ description: 'the table, YAML or JSON', ignoreStdin: true, required: true }) };
  static override description =
    'The file lists calls of tools with what the policy here is expected to say of each: allow, ask or deny. Nothing is run, nobody is asked. ' +
    'Ends with 1 where the policy says something else.';
  static override examples = ['<%= config.bin %> policy test examples/project/policy.test.yaml', '<%= config.bin %> policy test examples/project/policy.test.yaml --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/policy-test/v1)' }) };
  static override summary = 'Compare the policy with a table of expectations.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyTest);
    const { testPolicy } = await import('../../ui/policy-test.ts');
    this.finish(await testPolicy(args.file, flags, this.door));
  }
}
