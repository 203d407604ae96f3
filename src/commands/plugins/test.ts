import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsTest extends TokaCommand {
  static override args = { path: word({ default: '.', description: 'the folder of the plugin; default: this one', ignoreStdin: true }) };
  static override description =
    'Packs the plugin, installs what was packed into an empty folder, and tries all that it contributes there by the rules that toka has for its kind. What examples, samples and services that takes stands in test/places.ts of the plugin. Ends with 1 if a rule is broken.';
  static override examples = ['<%= config.bin %> plugins test', '<%= config.bin %> plugins test ../toka-plugin-weather --junit report.xml'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-test/v1)' }),
    junit: string({ description: 'also write a JUnit report', helpValue: 'FILE' }),
  };
  static override summary = 'Try a plugin as people would install it.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsTest);
    const { testPlugin } = await import('../../ui/plugin-kit/test.ts');
    this.finish(await testPlugin(args.path, { ...flags, junit: flags.junit }, this.door));
  }
}
