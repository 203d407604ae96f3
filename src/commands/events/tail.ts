import { boolean, string } from '@oclif/core/flags';
import { EVENT_TYPES } from '../../journal/events.ts';
import { doorTo } from '../../ui/door.ts';
import { storageFlag, TokaCommand } from '../base.ts';

export default class EventsTail extends TokaCommand {
  static override description =
    'Events of all runs in the order in which they were recorded. With -f it goes on with those that come, of whatever process, each once; where it is behind, a line on stderr says by how many. Ctrl-C ends it with 130; where its reader goes away it ends with 0.';
  static override examples = [
    '<%= config.bin %> events tail',
    '<%= config.bin %> events tail -f --type run.finished',
    '<%= config.bin %> events tail --since 12h --json',
    '<%= config.bin %> events tail -f --run 0198c3a2',
  ];
  static override flags = {
    follow: boolean({ char: 'f', description: 'go on with the events that come' }),
    json: boolean({ description: 'print JSON lines (toka/event-tail/v1)' }),
    limit: string({ description: 'begin with at most so many; default: 20, and all with --since', helpValue: 'COUNT' }),
    principal: string({ description: 'only of runs that were asked for by this principal', helpValue: 'NAME' }),
    run: string({ description: 'only of this run: its id, or the beginning of it', helpValue: 'RUN' }),
    since: string({ description: 'only what happened so long ago at the most (90s, 12h, 30d), or since a time (ISO 8601, UTC unless it says otherwise)', helpValue: 'DURATION|TIME' }),
    storage: storageFlag,
    type: string({ description: 'only events of this type; may come again', multiple: true, multipleNonGreedy: true, options: [...EVENT_TYPES] }),
  };
  static override summary = 'Show what is being recorded.';

  override async run(): Promise<void> {
    const { flags } = await this.parse(EventsTail);
    const { tailEvents } = await import('../../ui/events.ts');
    this.finish(await tailEvents({ ...flags, type: flags.type ?? [], limit: flags.limit, principal: flags.principal, run: flags.run, since: flags.since }, doorTo(flags.storage, this.door)));
  }
}
