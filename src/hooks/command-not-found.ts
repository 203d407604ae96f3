import type { Hook } from '@oclif/core/hooks';
import { TokaError } from '../errors.ts';
import { nearest } from '../manifest/nearest.ts';
import { ending } from '../ui/ending.ts';
import { processDoor } from '../ui/process-door.ts';
import { reportError } from '../ui/report-error.ts';

/** Says which command was probably meant; oclif calls it where there is none of that name. */
export const commandNotFound: Hook<'command_not_found'> = async ({ config, id, argv = [] }) => {
  const words = [...id.split(':'), ...argv.filter((word) => !word.startsWith('-'))];
  ending.code = reportError(unknownCommand(words, config.commandIDs), { has: (flag) => argv.includes(`--${flag}`) }, processDoor());
};

function unknownCommand(words: readonly string[], ids: readonly string[]): TokaError {
  const [topic = '', name = '', extra] = words;
  if (extra !== undefined && ids.includes(`${topic}:${name}`)) {
    return new TokaError('TOKA_USAGE', `toka ${topic} ${name} does not take the word "${extra}"`, { hint: `toka ${topic} ${name} --help shows what it takes` });
  }
  const names = ids.map((id) => id.replaceAll(':', ' '));
  const near = nearest(words.slice(0, 2).join(' '), names) ?? nearest(topic, names);
  return new TokaError('TOKA_USAGE', `"${words.slice(0, 2).join(' ')}" is not a command of toka`, {
    hint: near === undefined ? 'toka --help shows all of them' : `did you mean toka ${near}? toka --help shows all commands`,
  });
}
