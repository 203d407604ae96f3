import { boolean, string } from '@oclif/core/flags';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class EventsAnalyze extends TokaCommand {
  static override description =
    'Tells the analysers of all plugins of each run that has ended, and shows what they find: kinds of failures, tools that belong together, bursts of failures, unusual durations and new capabilities. Ends with 0; with --fail-on-findings with 1 where there is a warning. An analyser that fails is told by its code, and the others go on.';
  static override examples = [
    '<%= config.bin %> events analyze',
    '<%= config.bin %> events analyze --since 7d --tool files/file-reader',
    '<%= config.bin %> events analyze --analyser anomalies --option anomalies.alpha=0.01 --fail-on-findings --json',
  ];
  static override flags = {
    analyser: string({ description: 'only this one; may come again', helpValue: 'ID', multiple: true, multipleNonGreedy: true }),
    'fail-on-findings': boolean({ description: 'end with 1 where there is a warning' }),
    json: boolean({ description: 'print one JSON value (toka/event-analysis/v1)' }),
    option: string({ description: 'a number of an analyser that shall be another; may come again', helpValue: 'ID.NAME=NUMBER', multiple: true, multipleNonGreedy: true }),
    since: string({ description: 'only runs of so long ago at the most (90s, 12h, 30d), or since a time (ISO 8601, UTC unless it says otherwise)', helpValue: 'DURATION|TIME' }),
    storage: storageFlag,
    tool: string({ description: 'only runs of this tool, by its full name', helpValue: 'NAME' }),
  };
  static override summary = 'Find out what the recorded runs have in common, and what is unusual.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(EventsAnalyze);
    const { analyzeEvents } = await import('../../ui/analyze.ts');
    this.finish(await analyzeEvents({ ...flags, analyser: flags.analyser ?? [], option: flags.option ?? [], failOnFindings: flags['fail-on-findings'], since: flags.since, tool: flags.tool }, doorTo(flags.storage, this.door)));
  }
}
