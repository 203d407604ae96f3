import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../base.ts';

export default class AuthRevoke extends TokaCommand {
  static override args = { token: string({ description: 'its id, or a file with it, or - for standard input', ignoreStdin: true, required: true }) };
  static override description =
    'It does not hold any more from this moment, nor does any token that was made from it, wherever those are now; the one that it was made ' +
    'from still does. A running tool that uses it is stopped at its next use. An identity token is taken back by its id.';
  static override examples = [
    "<%= config.bin %> auth token create --allow 'fs:read:docs/**' | <%= config.bin %> auth revoke -",
    '<%= config.bin %> auth revoke 5b5f0c0de4a94e7f8d0c2b1a3f4e5d6c',
  ];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/revocation/v1)' }) };
  static override summary = 'Take a token back, with all that were made from it.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuthRevoke);
    const { revokeToken } = await import('../../ui/auth-tokens.ts');
    this.finish(await revokeToken(args.token, flags, this.door));
  }
}
