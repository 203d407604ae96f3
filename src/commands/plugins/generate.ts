import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsGenerate extends TokaCommand {
  static override args = { name: word({ description: 'the name of the package, such as toka-plugin-weather', ignoreStdin: true, required: true }) };
  static override description = 'Writes a plugin that builds and passes its tests into a new folder of that name, to be changed into what is wanted.';
  static override examples = ['<%= config.bin %> plugins generate toka-plugin-weather --kind tool', '<%= config.bin %> plugins generate @example/lisp --kind runtime --yes'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/plugin-generate/v1)' }),
    kind: string({ description: 'what it adds; asked for on a terminal', helpValue: 'tool|runtime|storage|provider|engine|analyser' }),
    yes: boolean({ description: 'do not ask' }),
  };
  static override summary = 'Begin a plugin.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsGenerate);
    const { generatePlugin } = await import('../../ui/plugin-kit/generate.ts');
    this.finish(await generatePlugin(args.name, { ...flags, kind: flags.kind }, this.door));
  }
}
