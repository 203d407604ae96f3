import { boolean, string } from '@oclif/core/flags';
import { sandboxRun } from '../../ui/sandbox-run.ts';
import { TokaError } from '../../errors.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class SandboxRun extends TokaCommand {
  static override description =
    'Runs one command under the same plan as a tool: nothing of this machine but the system’s programs and what --allow grants, no network but granted hosts, a ' +
    'scrubbed environment, the limits of a level, nothing on standard input. Its own exit code passes through.';
  static override examples = [
    '<%= config.bin %> sandbox run --allow fs:read:. -- ls -l',
    "mkdir -p build && <%= config.bin %> sandbox run --allow 'fs:write:build/**' --cwd build --timeout 5s -- touch made",
    '<%= config.bin %> sandbox run --allow net:connect:localhost:8080 -- curl -s http://localhost:8080/',
    '<%= config.bin %> sandbox run --memory 64M --env LANG -- sh -c \'echo $LANG\'',
  ];
  static override flags = {
    allow: string({ description: 'a file or tree it may read or write, a host it may connect to', helpValue: 'CAPABILITY', multiple: true }),
    cpu: string({ description: 'share of one core', helpValue: '50%' }),
    cwd: string({ description: 'its working folder, which it must be able to see; default: this one where it can see it', helpValue: 'DIR' }),
    env: string({ description: 'a variable that it gets', helpValue: 'NAME', multiple: true }),
    json: boolean({ description: 'print the result as one JSON value (toka/run-result/v1)' }),
    level: string({ description: 'how much it may use; default: the lowest that allows what is asked for', options: ['restricted', 'standard', 'elevated'] }),
    'max-disk': string({ description: 'bytes it may write', helpValue: '100M' }),
    'max-output': string({ description: 'bytes it may print', helpValue: '8M' }),
    memory: string({ description: 'memory of all its processes', helpValue: '256M' }),
    pids: string({ description: 'processes and threads', helpValue: '64' }),
    storage: storageFlag,
    timeout: string({ description: 'wall clock', helpValue: '3s' }),
    token: string({ description: 'limit it by the token in this file; default: TOKA_TOKEN_FILE', helpValue: 'FILE' }),
  };
  static override strict = false;
  static override summary = 'Run one command in a sandbox.';
  static override usage = 'sandbox run [FLAGS] -- COMMAND...';

  override async run(): Promise<void> {
    const code = await sandboxRun(this.argv, this.door);
    if (code === undefined) {
      throw new TokaError('TOKA_USAGE', 'toka sandbox run takes a command, found none', { hint: 'write toka sandbox run [FLAGS] -- COMMAND...; --help shows all flags' });
    }
    this.finish(code);
  }
}
