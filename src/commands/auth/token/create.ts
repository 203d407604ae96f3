import { boolean, string } from '@oclif/core/flags';
import { TokaCommand } from '../../base.ts';

export default class AuthTokenCreate extends TokaCommand {
  static override description =
    'Whoever has the token may run tools with it (toka run --token FILE NAME), limited by policy and by what the token says, until it expires or is ' +
    'revoked. It can be narrowed by anybody who has it, and widened by nobody. It is a secret: write it to a file.';
  static override examples = [
    "<%= config.bin %> auth token create --allow 'fs:read:docs/**' --out docs.token",
    "<%= config.bin %> auth token create --allow fs:read:docs --ttl 15m --no-delegate --window 'Mon-Sun 00:00-24:00 Europe/Berlin' --workspace . --out once.token",
    "<%= config.bin %> auth token create --allow fs:read:docs --budget calls=10,wall=60s,cpu=20s,bytes=8M --out few.token",
  ];
  static override flags = {
    allow: string({ description: 'what it permits; a file scope starts at the project’s root', helpValue: 'CAPABILITY', multiple: true, required: true }),
    budget: string({ description: 'what all runs with it may use together: calls, wall, cpu, bytes, tokens, money', helpValue: 'calls=10,wall=60s' }),
    depth: string({ description: 'how often it may be handed on', helpValue: 'N' }),
    json: boolean({ description: 'print one JSON value (toka/token/v1)' }),
    'no-delegate': boolean({ description: 'it may not be handed on; the same as --depth 0', exclusive: ['depth'] }),
    out: string({ description: 'write it to this new file, which only you can read; default: standard output', helpValue: 'FILE' }),
    subject: string({ description: 'in whose name it acts; default: you', helpValue: 'NAME' }),
    ttl: string({ default: '1h', description: 'how long it holds, at most 24h', helpValue: '1h' }),
    window: string({ description: 'times of the week at which it holds, in an IANA zone', helpValue: 'WINDOW' }),
    workspace: string({ description: 'it holds only in projects in this folder', helpValue: 'DIR' }),
  };
  static override summary = 'Make a token that permits part of what you may do.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(AuthTokenCreate);
    const { createToken } = await import('../../../ui/auth-tokens.ts');
    this.finish(await createToken(flags, this.door));
  }
}
