import { Command } from '@oclif/core/command';
import { boolean, string } from '@oclif/core/flags';
import { TokaError, toTokaError } from '../errors.ts';
import type { Door } from '../ui/door.ts';
import { ending } from '../ui/ending.ts';
import { processDoor } from '../ui/process-door.ts';
import { reportError } from '../ui/report-error.ts';

/** Where the journal is that a command looks at, or records in. */
export const storageFlag = string({ description: 'where runs are recorded', helpValue: 'BACKEND[:FOLDER]' });

/** What all commands share: their door, one way to end, and errors with codes. */
export abstract class TokaCommand extends Command {
  static override baseFlags = {
    debug: boolean({ description: 'print where an error comes from', helpGroup: 'GLOBAL' }),
  };

  readonly door: Door = processDoor(this.argv);

  /** Whether what goes wrong is printed as JSON. */
  protected get isJson(): boolean {
    return this.argv.includes('--json');
  }

  protected finish(code: number): void {
    ending.code = code;
  }

  protected override async catch(thrown: Error & { readonly oclif?: { readonly exit?: number } }): Promise<void> {
    const flags = { has: (name: string) => (name === 'json' ? this.isJson : this.argv.includes(`--${name}`)) };
    if (thrown.oclif?.exit === 0) throw thrown;
    this.finish(reportError(thrown.oclif ? usageError(thrown) : toTokaError(thrown), flags, this.door));
  }
}

/** What oclif puts above several problems, or above the one there is. */
const HEADING = /^The following errors? occurred:$/;

/** What oclif's parser refuses is a usage error like any other. */
function usageError(thrown: Error): TokaError {
  const [message = '', hint = 'see --help'] = thrown.message.split('\n').flatMap((line) => (line.trim() === '' || HEADING.test(line) ? [] : [line.trim()]));
  return new TokaError('TOKA_USAGE', message, { cause: thrown, hint });
}
