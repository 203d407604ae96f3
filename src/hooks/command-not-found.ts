import type { Hook } from '@oclif/core/hooks';
import { TokaError } from '../errors.ts';
import { nearest } from '../manifest/nearest.ts';
import { ending } from '../ui/ending.ts';
import type { Door } from '../ui/door.ts';
import { processDoor } from '../ui/process-door.ts';
import { reportError } from '../ui/report-error.ts';

/** Says which command was probably meant; oclif calls it where there is none of that name. */
export const commandNotFound: Hook<'command_not_found'> = async ({ config, id, argv = [] }) => {
  const words = [...id.split(':'), ...argv.filter((word) => !word.startsWith('-'))];
  const door = processDoor(argv);
  const error = (await isTool(words[0] ?? '', door)) ? toolOf(words[0]!) : unknownCommand(words, config.commandIDs);
  ending.code = reportError(error, { has: (flag) => argv.includes(`--${flag}`) }, door);
};

async function isTool(name: string, door: Door): Promise<boolean> {
  try {
    const { registry } = await door.workspace();
    const isKnown = (await registry.index()).list().some((tool) => tool.name === name || tool.qualified === name);
    registry.close();
    return isKnown;
  } catch {
    // What is wrong with the tools here is told by the commands that need them.
    return false;
  }
}

function toolOf(name: string): TokaError {
  return new TokaError('TOKA_USAGE', `"${name}" is not a command of toka, but a tool`, { hint: `did you mean toka run ${name}?` });
}

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
