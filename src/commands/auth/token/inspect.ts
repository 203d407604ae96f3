import { string } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthTokenInspect extends TokaCommand {
  static override args = { token: string({ description: 'a file with the token, or - for standard input; default: TOKA_TOKEN_FILE', ignoreStdin: true }) };
  static override description = 'Says also whether it would hold here and now. The token itself is never printed.';
  static override examples = ["<%= config.bin %> auth token create --allow 'fs:read:docs/**' | <%= config.bin %> auth token inspect -"];
  static override flags = { json: boolean({ description: 'print one JSON value (toka/token/v1)' }) };
  static override summary = 'Show what a token says.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuthTokenInspect);
    const { inspectToken } = await import('../../../ui/auth-tokens.ts');
    this.finish(await inspectToken(args.token, flags, this.door));
  }
}
