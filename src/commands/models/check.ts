import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ModelsCheck extends TokaCommand {
  static override args = { model: string({ default: 'work', description: 'PROVIDER/MODEL, or a role', ignoreStdin: true }) };
  static override description = 'Asks for one word, in a run like any other, and says what is wrong where none comes: each model that stands for a role is asked by itself.';
  static override examples = ['<%= config.bin %> models check', '<%= config.bin %> models check ollama/qwen3 --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/model-check/v1)' }) };
  static override summary = 'Find out whether a model answers.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ModelsCheck);
    const { checkModels } = await import('../../ui/models.ts');
    this.finish(await checkModels(args.model, flags, this.door));
  }
}
