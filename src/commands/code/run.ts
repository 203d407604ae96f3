import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { storageFlag, TokaCommand } from '../base.ts';

export default class CodeRun extends TokaCommand {
  static override args = { file: string({ description: 'the code; - or nothing for standard input', ignoreStdin: true }) };
  static override description = `Runs code that nobody has vouched for, such as what a model just wrote: it sees nothing of this machine but what --allow grants, and of
tools those that tool:call grants, each with at most the rights of this run. It is given params, and returns its result.`;
  static override examples = [
    '<%= config.bin %> code run examples/project/code/percent.ts --param part=3 --param whole=4',
    "<%= config.bin %> code run examples/project/code/words.py --param text='one two one' --json",
    "<%= config.bin %> code run examples/project/code/columns.js --param path=examples/project/data/sales.csv --allow tool:call:files/file-reader --allow 'fs:read:examples/**'",
    "echo 'return 6 * 7' | <%= config.bin %> code run --language js",
  ];
  static override flags = {
    allow: text({ description: 'what it may have: files, hosts, variables, tools', helpValue: 'CAPABILITY', multiple: true, multipleNonGreedy: true }),
    artifacts: text({ description: 'write the files that it keeps into this folder', helpValue: 'FOLDER' }),
    budget: text({ description: 'what it may use together with all runs that it starts: calls, wall, cpu, bytes, tokens, money', helpValue: 'calls=10,wall=60s' }),
    cpu: text({ description: 'share of one core', helpValue: '50%' }),
    json: boolean({ description: 'print the result as one JSON value (toka/run-result/v1)' }),
    language: text({ description: 'default: by the ending of the file', helpValue: 'js|ts|…' }),
    level: text({ description: 'how much it may use; default: the lowest that allows what is asked for', options: ['restricted', 'standard', 'elevated'] }),
    'max-disk': text({ description: 'bytes it may write', helpValue: '100M' }),
    'max-output': text({ description: 'bytes it may print', helpValue: '8M' }),
    memory: text({ description: 'memory of all its processes', helpValue: '256M' }),
    param: text({ description: 'a parameter; a value that is JSON is taken as that', helpValue: 'NAME=VALUE', multiple: true, multipleNonGreedy: true }),
    params: text({ description: 'parameters as a JSON object, or the result of another run', helpValue: 'FILE|-' }),
    pids: text({ description: 'processes and threads', helpValue: '64' }),
    quiet: boolean({ description: 'no progress and no logs' }),
    requirement: text({ description: 'what is installed for it, where its runtime does that', helpValue: 'NAME', multiple: true, multipleNonGreedy: true }),
    storage: storageFlag,
    timeout: text({ description: 'wall clock', helpValue: '3s' }),
    token: text({ description: 'limit it by the token in this file; default: TOKA_TOKEN_FILE', helpValue: 'FILE' }),
  };
  static override summary = 'Run code in an isolate or a sandbox.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(CodeRun);
    const { runCode } = await import('../../ui/code-run.ts');
    this.finish(await runCode(args.file, flags, this.door));
  }
}
