import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { RUN_STATUSES } from '../../ui/runs-list.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class RunsSearch extends TokaCommand {
  static override args = {
    text: string({ description: 'words that all must occur, "words that follow one another", beginning*', ignoreStdin: true, required: true }),
  };
  static override description =
    'Looks for words in tool, parameters, command, output, data and error of all runs, the best first. Case does not count. What was recorded since the last search is taken up first; in a journal that cannot be written it is left out, which a line on stderr tells.';
  static override examples = [
    '<%= config.bin %> runs search timeout',
    `<%= config.bin %> runs search '"exit code" depl*' --status failed --since 7d`,
    '<%= config.bin %> runs search "the page that could not be reached" --meaning',
    '<%= config.bin %> runs search README.md --tool files/file-reader --json',
  ];
  static override flags = {
    json: boolean({ description: 'print one JSON value (toka/run-search/v1)' }),
    limit: text({ default: '20', description: 'at most so many', helpValue: 'COUNT' }),
    meaning: boolean({ description: 'by what they mean instead of by their words, among the last 1,000; needs a plugin such as @toka/plugin-embeddings', exclusive: ['rebuild'] }),
    rebuild: boolean({ description: 'take up all runs anew' }),
    since: text({ description: 'only runs of so long ago at the most (90s, 12h, 30d), or since a time (ISO 8601, UTC unless it says otherwise)', helpValue: 'DURATION|TIME' }),
    status: text({ description: 'only those that ended so', options: RUN_STATUSES }),
    storage: storageFlag,
    tool: text({ description: 'only those of this tool, by its full name' }),
  };
  static override summary = 'Find runs by what they say.';

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(RunsSearch);
    const { meaning, ...rest } = flags;
    const door = doorTo(flags.storage, this.door);
    if (meaning) this.finish(await (await import('../../ui/run-meaning.ts')).searchByMeaning(args.text, rest, door));
    else this.finish(await (await import('../../ui/run-search.ts')).searchRuns(args.text, rest, door));
  }
}
