import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthIdentityCreate extends TokaCommand {
  static override description =
    'A JWT, signed with your key (EdDSA), for one audience. It permits nothing; whoever has it can show it there as you until it expires or is revoked, ' +
    'so write it to a file. Others verify it with what toka auth keys list --jwks prints.';
  static override examples = ['<%= config.bin %> auth identity create --audience build-server --out me.jwt'];
  static override flags = {
    audience: string({ description: 'for whom it is', helpValue: 'NAME', required: true }),
    json: boolean({ description: 'print one JSON value (toka/identity/v1)' }),
    out: string({ description: 'write it to this new file, which only you can read; default: standard output', helpValue: 'FILE' }),
    ttl: string({ default: '10m', description: 'how long it holds, at most 24h', helpValue: '10m' }),
    workspace: string({ description: 'it holds only in projects in this folder; default: this project', helpValue: 'DIR' }),
  };
  static override summary = 'Make a token that says who you are.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuthIdentityCreate);
    const { createIdentity } = await import('../../../ui/auth-identity.ts');
    this.finish(await createIdentity(flags, this.door));
  }
}
