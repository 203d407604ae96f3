import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class PluginsInstall extends TokaCommand {
  static override args = { plugin: string({ description: 'NAME, NAME@VERSION, a tarball, a folder, or a git address', ignoreStdin: true, required: true }) };
  static override description =
    'The package is fetched and looked at before anything of it runs: what it brings, what its tools ask for, who maintains it. You are asked ' +
    'whether to install it; without a terminal that takes --yes, or its name in plugins.allow of your configuration. What was looked at is what ' +
    'is installed, and what is loaded later is checked against that.';
  static override examples = [
    '<%= config.bin %> plugins install toka-plugin-weather',
    '<%= config.bin %> plugins install ./toka-plugin-weather-1.0.0.tgz --yes',
    '<%= config.bin %> plugins install git+https://git.example.com/weather.git',
  ];
  static override flags = {
    'allow-scripts': boolean({ description: 'let the install scripts of this package, and of what it depends on, run this once' }),
    json: boolean({ description: 'print one JSON value (toka/plugin-change/v1)' }),
    yes: boolean({ char: 'y', description: 'agree to what it brings' }),
  };
  static override summary = 'Install a plugin.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsInstall);
    const { installPlugin } = await import('../../ui/plugins/install.ts');
    this.finish(await installPlugin(args.plugin, flags, this.door, this.config.commandIDs));
  }
}
