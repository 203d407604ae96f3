import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthTokenVerify extends TokaCommand {
  static override args = { token: string({ description: 'a file with the token, or - for standard input; default: TOKA_TOKEN_FILE', ignoreStdin: true }) };
  static override description = 'Ends with 77 and the reason where it does not hold here and now: signatures, narrowing hop by hop, time, project, revocation.';
  static override examples = ["<%= config.bin %> auth token create --allow 'fs:read:docs/**' | <%= config.bin %> auth token verify -"];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/token/v1)' }) };
  static override summary = 'Check a token.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuthTokenVerify);
    const { verifyToken } = await import('../../../ui/auth-tokens.ts');
    this.finish(await verifyToken(args.token, flags, this.door));
  }
}
