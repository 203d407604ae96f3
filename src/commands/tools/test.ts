import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ToolsTest extends TokaCommand {
  static override args = { name: word({ description: 'tools: their names, or source/name', ignoreStdin: true }) };
  static override description =
    'Runs the examples of the manifests for real, each in a copy of the project that is thrown away, and judges exit code, data, standard error, effect and time. Files of the copy and the start of programs are granted; whatever else a tool asks for has to be granted with --allow, and what could not be tried is skipped, which is no success (69). Ends with 1 if a rule is broken.';
  static override examples = ['<%= config.bin %> tools test todo-report', '<%= config.bin %> tools test --all --junit report.xml', '<%= config.bin %> tools test files/file-reader --folder plugins/files/test/examples --json'];
  static override flags = {
    all: boolean({ description: 'every tool that is no part of toka' }),
    allow: string({ description: 'grant a capability to the examples', helpValue: 'CAPABILITY', multiple: true }),
    folder: string({ description: 'what is copied for each example; default: the project', helpValue: 'DIR' }),
    json: boolean({ description: 'print one JSON value (toka/tool-test/v1)' }),
    junit: string({ description: 'also write a JUnit report', helpValue: 'FILE' }),
  };
  static override strict = false;
  static override summary = 'Run the examples of tools and judge what comes of them.';
  static override usage = 'tools test [NAME...] [FLAGS]';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(ToolsTest);
    const { testTools } = await import('../../ui/tool-test/test.ts');
    this.finish(await testTools(argv as string[], { ...flags, allow: flags.allow, folder: flags.folder, junit: flags.junit }, this.door));
  }
}
