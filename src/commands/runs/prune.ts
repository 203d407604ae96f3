import { string as word } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { RUN_STATUSES } from '../../ui/runs-list.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsPrune extends TokaCommand {
  static override strict = false;
  static override args = { run: word({ description: 'runs, each by its id or the beginning of it; default: those that the rules choose', ignoreStdin: true }) };
  static override description =
    'What a pruned run was asked, granted, wrote and returned is forgotten, with the blobs that no other run names. Its summary stays, and so do its hashes: toka audit verify goes on, and an event (run.pruned) says who pruned it by which rule. Only runs that have ended are pruned, and none that was asked for by one that may still go on. A run goes that is beyond any of the limits; without any, and without runs, retention: of the configuration decides. It asks before, unless --yes is said; it cannot be undone.';
  static override examples = [
    '<%= config.bin %> runs prune --older-than 30d --dry-run',
    '<%= config.bin %> runs prune --keep 1000 --max-size 500M --yes',
    '<%= config.bin %> runs prune --status failed --older-than 7d --yes --json',
    '<%= config.bin %> runs prune 0198c3a2 --with-children --dry-run',
  ];
  static override flags = {
    'dry-run': boolean({ description: 'show what would go, and how much, and do nothing' }),
    json: boolean({ description: 'print one JSON value (toka/run-prune/v1)' }),
    keep: string({ description: 'leave the newest so many', helpValue: 'COUNT' }),
    'max-size': string({ description: 'leave the newest that take no more than this, such as 500M', helpValue: 'SIZE' }),
    'older-than': string({ description: 'those that ended longer ago, such as 30d or 12h', helpValue: 'AGE' }),
    status: string({ description: 'only those that ended so', options: RUN_STATUSES }),
    storage: storageFlag,
    tool: string({ description: 'only those of this tool, by its full name' }),
    'with-children': boolean({ description: 'also the runs that they started, and those that these started' }),
    yes: boolean({ description: 'do not ask' }),
  };
  static override summary = 'Forget what was recorded of runs that have ended, but for their hashes.';

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(RunsPrune);
    const { pruneRuns } = await import('../../ui/run-prune.ts');
    this.finish(await pruneRuns(argv as string[], flags, doorTo(flags.storage, this.door)));
  }
}
