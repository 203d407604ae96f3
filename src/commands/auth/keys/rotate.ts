import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthKeysRotate extends TokaCommand {
  static override description =
    'Makes a new key, which signs from now on. The secret of the old one is erased at once; what it signed is verified until the overlap ' +
    'ends. After a leak, --overlap 0s ends everything that older keys signed.';
  static override examples = ['<%= config.bin %> auth keys rotate', '<%= config.bin %> auth keys rotate --overlap 0s'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/key-list/v1)' }),
    overlap: string({ default: '24h', description: 'so long older keys verify still', helpValue: '24h' }),
  };
  static override summary = 'Replace the key that signs tokens.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuthKeysRotate);
    const { rotateKeys } = await import('../../../ui/auth-keys.ts');
    this.finish(await rotateKeys(flags, this.door));
  }
}
