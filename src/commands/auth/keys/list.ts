import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthKeysList extends TokaCommand {
  static override description =
    'An active key signs. A retiring one only verifies, until its overlap ends; an expired one verifies no token any more. What is secret of a key is never shown.';
  static override examples = ['<%= config.bin %> auth keys list', '<%= config.bin %> auth keys list --json', '<%= config.bin %> auth keys list --jwks'];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/key-list/v1)' }),
    jwks: boolean({ description: 'print the keys that verify as a JWK set (RFC 7517), for programs that verify identity tokens', exclusive: ['json'] }),
  };
  static override summary = 'List the keys that sign tokens.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuthKeysList);
    const { listKeys } = await import('../../../ui/auth-keys.ts');
    this.finish(await listKeys(flags, this.door));
  }
}
