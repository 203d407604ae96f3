// Writes dist/commands.json: what completion has to know of the commands, without loading them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Arguments and flags that name a tool, a run, an agent or a session, by what they are called; and those that are called `name`, by their place. */
const NAMES = { tool: 'tool', only: 'tool', run: 'run', record: 'run', a: 'run', b: 'run', at: 'run', agent: 'agent', session: 'session' };
const PLACES = { 'tools show name': 'tool', 'tools test name': 'tool', 'agent run name': 'agent', 'agent show name': 'agent' };

export async function writeCommands(root) {
  const { COMMANDS } = await import(join(root, 'dist/cli.js'));
  const commands = Object.fromEntries(Object.entries(COMMANDS).map(([id, command]) => [id.replaceAll(':', ' '), factsOf(id.replaceAll(':', ' '), command)]));
  writeFileSync(join(root, 'dist/commands.json'), JSON.stringify(commands));
}

function factsOf(id, { args = {}, baseFlags = {}, flags = {}, strict, summary }) {
  return {
    summary,
    args: Object.entries(args).map(([name, { options }]) => valueFacts(`${id} ${name}`, name, options)),
    isOpen: strict === false,
    flags: Object.fromEntries(
      Object.entries({ ...flags, ...baseFlags, help: { description: 'show what the command is for', type: 'boolean' } }).map(([name, { description, helpValue, options, type }]) => [
        name,
        { summary: description, takes: type !== 'boolean', ...valueFacts(name, name, options ?? choices(helpValue)) },
      ]),
    ),
  };
}

/** `bash|zsh` */
function choices(helpValue) {
  return /^[a-z-]+(\|[a-z-]+)+$/.test(helpValue ?? '') ? helpValue.split('|') : undefined;
}

function valueFacts(place, name, options) {
  const is = PLACES[place] ?? NAMES[name];
  return { ...(options && { options }), ...(is && !options && { is }) };
}
