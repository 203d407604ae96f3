import type { Toka } from '../../toka.ts';
import type { SlashCommand } from './command.ts';
import { COMMANDS } from './commands/table.ts';
import { shown } from './width.ts';

/** The commands that the project and the user have written as files; none takes the place of one of the REPL's own. */
export async function customCommands(toka: Pick<Toka, 'customCommands'>): Promise<SlashCommand[]> {
  const found = await toka.customCommands();
  return found
    .filter(({ name }) => !COMMANDS.some((own) => own.name === name))
    .map(({ name, argumentHint, description, isTrusted, said }) => ({
      name,
      ...(argumentHint === undefined ? {} : { argument: shown(argumentHint) }),
      summary: `${shown(description)}${isTrusted ? '' : ' (of this project, which is not trusted)'}`,
      run: async (words, desk) => desk.say(said(words)),
    }));
}
