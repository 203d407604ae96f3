import { COMMANDS } from '../../dist/cli.js';
import { table } from './table.mjs';

/** Every command with its words, flags and examples, from the classes that oclif makes its help of. */
export function cliReference() {
  return Object.entries(COMMANDS)
    .map(([id, command]) => section(id.replaceAll(':', ' '), command))
    .join('\n');
}

function section(id, { args = {}, baseFlags = {}, description, examples = [], flags = {}, summary, usage }) {
  const words = Object.entries(args);
  const own = Object.entries({ ...flags, ...baseFlags });
  const fallback = [id, ...words.map(([name, { required }]) => (required ? name.toUpperCase() : `[${name.toUpperCase()}]`)), '[FLAGS]'].join(' ');
  const parts = [
    `## toka ${id}\n\n${summary}`,
    ...(description === undefined ? [] : [escape(description)]),
    `\`\`\`text\ntoka ${usage ?? fallback}\n\`\`\``,
    ...(words.length === 0 ? [] : [table(['Argument', 'Meaning'], words.map(([name, arg]) => [`\`${name.toUpperCase()}\``, arg.description])).trimEnd()]),
    table(['Flag', 'Meaning'], own.map(([name, flag]) => [`\`${flagText(name, flag)}\``, meaning(flag)])).trimEnd(),
    `\`\`\`sh\n${examples.map((each) => String(each).replaceAll('<%= config.bin %>', 'toka')).join('\n')}\n\`\`\``,
  ];
  return `${parts.join('\n\n')}\n`;
}

function flagText(name, { helpValue, options, type }) {
  if (type === 'boolean') return `--${name}`;
  return `--${name} ${helpValue ?? (options ? options.join('|') : name.toUpperCase())}`;
}

function meaning({ default: value, description, multiple, required }) {
  const facts = [
    ...(required ? ['required'] : []),
    ...(multiple ? ['may be repeated'] : []),
    ...(value === undefined || value === false ? [] : [`default ${String(value)}`]),
  ];
  return `${description}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`;
}

/** Angle brackets and asterisks of help texts mean themselves. */
function escape(text) {
  return text.replaceAll(/[<>*]/g, String.raw`\$&`);
}
