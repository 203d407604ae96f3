import { string } from '@oclif/core/args';
import { SCRIPTS } from '../ui/completion/scripts.ts';
import { TokaCommand } from './base.ts';

export default class Completion extends TokaCommand {
  static override args = { shell: string({ description: 'bash, zsh or fish', ignoreStdin: true, options: Object.keys(SCRIPTS), required: true }) };
  static override description =
    'The script asks toka itself what may come next, so that tools, their parameters and the values of those, and the runs recorded here are always those that there are.';
  static override examples = ['<%= config.bin %> completion bash >> ~/.bashrc', '<%= config.bin %> completion zsh >> ~/.zshrc', 'mkdir -p ~/.config/fish/completions && <%= config.bin %> completion fish > ~/.config/fish/completions/toka.fish'];
  static override summary = 'Print what makes a shell complete the words of toka.';

  override async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    this.door.stdout.write(SCRIPTS[args.shell as keyof typeof SCRIPTS]);
    this.finish(0);
  }
}
