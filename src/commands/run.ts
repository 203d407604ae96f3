import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { TokaError } from '../errors.ts';
import { TokaCommand } from './base.ts';
import { runTool } from '../ui/run-tool.ts';

export default class Run extends TokaCommand {
  static override args = {
    name: string({ description: 'the tool: its name, or source/name', ignoreStdin: true, required: true }),
  };
  static override description =
    'Every parameter of the tool is a flag: toka run NAME --help shows them. toka’s own flags stand before NAME; after it they are accepted ' +
    'too, unless the tool has a parameter of that name.\n\n' +
    'Inside a sandbox, any program that is mounted may run with the same rights: proc:exec limits what toka starts, not what that starts.';
  static override examples = [
    '<%= config.bin %> run link-validator docs',
    '<%= config.bin %> run file-reader README.md --limit 20',
    "<%= config.bin %> run file-writer notes.txt --content hello --allow fs:write:notes.txt --allow fs:read:notes.txt",
    '<%= config.bin %> run --dry-run todo-report',
    '<%= config.bin %> run --record link-validator docs',
    '<%= config.bin %> run --budget calls=20,wall=60s,cpu=20s,bytes=8M link-validator docs',
    '<%= config.bin %> run file-lister . --include README.md --json | <%= config.bin %> run file-reader --params - --map path=/entries/0/path',
    `echo '{"path": "README.md"}' | <%= config.bin %> run file-reader --params -`,
  ];
  static override flags = {
    allow: text({ description: 'grant a capability to this run alone', helpValue: 'CAPABILITY', multiple: true }),
    budget: text({ description: 'what it may use together with all runs that it starts: calls, wall, cpu, bytes, tokens, money', helpValue: 'calls=10,wall=60s' }),
    detach: boolean({ description: 'with an engine: print the id of the run, and do not wait for it' }),
    'dry-run': boolean({ description: 'show the sandbox plan and the exact command, run nothing' }),
    engine: text({ description: 'give the run to the workers of an engine, or keep it here', helpValue: 'ID|ADDRESS|here' }),
    frozen: boolean({ description: 'run only what toka.lock vouches for' }),
    json: boolean({ description: 'print the result as one JSON value (toka/run-result/v1)' }),
    map: text({ description: 'take a parameter out of what --params gives, by JSON Pointer', helpValue: 'NAME=/POINTER', multiple: true }),
    'no-cache': boolean({ description: 'take nothing from an earlier run' }),
    param: text({ description: 'a parameter by its name in the manifest', helpValue: 'NAME=VALUE', multiple: true }),
    params: text({ description: 'parameters as a JSON object, or the result of another run', helpValue: 'FILE|-' }),
    'passthrough-exit': boolean({ description: 'end with the exit code of the tool itself' }),
    quiet: boolean({ description: 'no progress and no logs' }),
    record: boolean({ description: 'keep all that the tool is answered, for toka runs replay' }),
    storage: text({ description: 'where runs are recorded', helpValue: 'BACKEND[:FOLDER]' }),
    timeout: text({ description: 'end the run after this time, at most what its level allows', helpValue: '30s' }),
    token: text({ description: 'limit the run by the token in this file; default: TOKA_TOKEN_FILE', helpValue: 'FILE' }),
  };
  static override strict = false;
  static override summary = 'Run a tool.';
  static override usage = 'run [FLAGS] NAME [PARAMETERS]';

  override async run(): Promise<void> {
    const code = await runTool(this.argv, this.door);
    if (code === undefined) {
      throw new TokaError('TOKA_USAGE', 'toka run takes the name of a tool, found none', { hint: 'toka tools list shows all tools, toka run --help all flags' });
    }
    this.finish(code);
  }
}
