import { string as argument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthIdentityVerify extends TokaCommand {
  static override args = { token: argument({ description: 'a file with the token, or - for standard input', ignoreStdin: true, required: true }) };
  static override description =
    'Ends with 77 and the reason where it does not hold here and now: kind, algorithm, key, signature, audience, time, project, revocation. The token ' +
    'itself is never printed.';
  static override examples = ['<%= config.bin %> auth identity create --audience build-server | <%= config.bin %> auth identity verify - --audience build-server'];
  static override flags = {
    audience: string({ description: 'for whom it has to be', helpValue: 'NAME', required: true }),
    json: boolean({ description: 'print one JSON value (toka/identity/v1)' }),
  };
  static override summary = 'Check a token that says who somebody is.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuthIdentityVerify);
    const { verifyIdentity } = await import('../../../ui/auth-identity.ts');
    this.finish(await verifyIdentity(args.token, flags, this.door));
  }
}
