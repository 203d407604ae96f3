import inquirer from 'inquirer';
import type { Missing } from '../capability/authorize.ts';
import { printCapability } from '../capability/grammar.ts';
import { TokaError } from '../errors.ts';
import type { ParameterSchema, Tool } from '../manifest/tool.ts';
import type { Answer, Verdict } from '../pipeline/house.ts';
import type { Drift } from '../registry/lock/lock.ts';
import { differenceText } from './difference.ts';
import { plain, terminal } from './text.ts';

/** Asks a person for parameters, each by a prompt of its kind. */
export async function askParameters(tool: Tool, names: readonly string[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const name of names) {
    const schema = tool.params.properties[name];
    if (schema) answers[name] = await ask(name, schema);
  }
  return answers;
}

async function ask(name: string, schema: ParameterSchema): Promise<unknown> {
  const message = `${name} (${plain(schema.description)})`;
  if (schema.enum) return one({ type: 'select', name, message, choices: schema.enum.map((value) => ({ name: typeof value === 'string' ? value : JSON.stringify(value), value })) });
  if (schema.type === 'boolean') return one({ type: 'confirm', name, message });
  if (schema.type === 'integer' || schema.type === 'number') return one({ type: 'number', name, message, required: true });
  if (schema['x-type'] === 'secret') return one({ type: 'password', name, message, mask: '*' });
  const text = String(await one({ type: 'input', name, message, required: true }));
  if (schema.type === 'array') return text.split(/\s*,\s*/);
  return schema.type === 'object' ? (JSON.parse(text) as unknown) : text;
}

async function one(question: Record<string, unknown> & { readonly name: string }): Promise<unknown> {
  try {
    // Everything that is asked goes to stderr: stdout is for results.
    const prompt = inquirer.createPromptModule({ output: process.stderr });
    const answers = (await prompt([question as never])) as Record<string, unknown>;
    return answers[question.name];
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ExitPromptError') throw new TokaError('TOKA_CANCELLED', 'the question was not answered', { cause });
    throw cause;
  }
}

/** Asks a person for a capability that a run needs and no rule grants. */
export async function askCapability(tool: Tool, { capability, lack }: Missing, hasProject: boolean): Promise<Answer> {
  const name = printCapability(capability);
  const why = lack.by === 'secret' ? ' It bears secrets, so the built-in default leaves it out.' : '';
  const decision = await one({
    type: 'select',
    name: 'decision',
    message: `${plain(tool.qualified)} (effect ${tool.effect}) needs ${plain(name)}, which no rule grants.${why}`,
    choices: [
      { name: 'once: for this run', value: 'once' },
      { name: 'session: until this terminal is closed', value: 'session' },
      ...(hasProject ? [{ name: `always: write the rule "${plain(name)}" for ${plain(tool.qualified)} into your own file for this project`, value: 'always' }] : []),
      { name: 'deny', value: 'deny' },
    ],
    default: 'deny',
  });
  return { decision: decision as Answer['decision'], by: 'person' };
}

/** Shows a person what is otherwise with a tool than the lock says, and asks what to do. */
export async function askAboutDrift({ file, difference }: Drift): Promise<Verdict> {
  process.stderr.write(differenceText(difference, terminal(process.stderr, process.env)));
  const name = plain(difference.tool);
  const decision = await one({
    type: 'select',
    name: 'decision',
    message: difference.kind === 'added' ? `${name} is not in ${plain(file)}.` : `${name} is not as ${plain(file)} says.`,
    choices: [
      { name: 'once: run it as it is, leave the lock as it is', value: 'once' },
      { name: 'update: write it into the lock as it is, and run it', value: 'update' },
      { name: 'stop', value: 'stop' },
    ],
    default: 'stop',
  });
  return { decision: decision as Verdict['decision'], by: 'person' };
}

/** Asks a person for yes or no; no is the default. */
export async function confirm(message: string): Promise<boolean> {
  return (await one({ type: 'confirm', name: 'answer', message, default: false })) === true;
}
