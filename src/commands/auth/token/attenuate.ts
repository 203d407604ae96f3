import { string as text } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthTokenAttenuate extends TokaCommand {
  static override args = { token: text({ description: 'a file with the token, or - for standard input; default: TOKA_TOKEN_FILE', ignoreStdin: true }) };
  static override description =
    'Needs no key, so anybody who has the token can do it, on any machine. What is not named stays as it is; what is must be less. The new token ' +
    'may be handed on once less often, and ends with the old one at the latest.';
  static override examples = [
    "<%= config.bin %> auth token create --allow fs:read:docs | <%= config.bin %> auth token attenuate - --allow 'fs:read:docs/decisions/**' --out narrow.token",
    "<%= config.bin %> auth token create --allow fs:read:docs | <%= config.bin %> auth token attenuate - --ttl 5m --no-delegate --out short.token",
  ];
  static override flags = {
    allow: string({ description: 'keep only this of what it permits', helpValue: 'CAPABILITY', multiple: true }),
    budget: string({ description: 'what all runs with it may use together: calls, wall, cpu, bytes, tokens, money; each at most what it has', helpValue: 'calls=10,wall=60s' }),
    depth: string({ description: 'how often it may be handed on', helpValue: 'N' }),
    json: boolean({ description: 'print one JSON value (toka/token/v1)' }),
    'no-delegate': boolean({ description: 'it may not be handed on; the same as --depth 0', exclusive: ['depth'] }),
    out: string({ description: 'write it to this new file, which only you can read; default: standard output', helpValue: 'FILE' }),
    ttl: string({ description: 'how long it holds', helpValue: '5m' }),
    window: string({ description: 'times of the week at which it holds, beside those that it has', helpValue: 'WINDOW' }),
    workspace: string({ description: 'it holds only in projects in this folder', helpValue: 'DIR' }),
  };
  static override summary = 'Make a narrower token from a token.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(AuthTokenAttenuate);
    const { attenuateToken } = await import('../../../ui/auth-tokens.ts');
    this.finish(await attenuateToken(args.token, flags, this.door));
  }
}
