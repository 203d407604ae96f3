import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class ModelsList extends TokaCommand {
  static override description =
    'What each role stands for and why, which providers can be asked, where their keys come from (never the keys), and what is known of their models. Servers on this machine are asked what they have; one that does not answer at once is silent.';
  static override examples = ['<%= config.bin %> models list', '<%= config.bin %> models list --json'];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/model-list/v1)' }) };
  static override summary = 'List the models that can be asked here.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(ModelsList);
    const { listModels } = await import('../../ui/models.ts');
    this.finish(await listModels(flags, this.door));
  }
}
