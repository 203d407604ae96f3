import type { Key } from 'node:readline';
import inquirer from 'inquirer';
import type { Missing } from '../capability/policy.ts';
import { showCapability } from '../capability/grammar.ts';
import { steeredBy } from '../capability/protected.ts';
import { TokaError } from '../errors.ts';
import { onOneLine } from '../manifest/plain.ts';
import { hasSecrets } from '../manifest/secret-parts.ts';
import type { ParameterSchema, Tool } from '../manifest/tool.ts';
import type { Question, Taint } from '../pipeline/agent/port.ts';
import { printFlow, reasonOfTaint } from '../pipeline/agent/taint.ts';
import type { Answer, Verdict } from '../pipeline/house.ts';
import type { Drift } from '../registry/lock/lock.ts';
import { differenceText } from './difference.ts';
import { fieldValue } from './field-value.ts';
import { keyboard } from './keyboard.ts';
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

/** Asks a person what an agent wants to know of them. */
export async function askQuestion({ text, fields }: Question): Promise<Record<string, unknown>> {
  if (fields.length === 0) return { answer: String(await one({ type: 'input', required: true, name: 'answer', message: onOneLine(plain(text)) })) };
  process.stderr.write(`${plain(text)}\n`);
  const answers: Record<string, unknown> = {};
  for (const { name, description, schema } of fields) answers[name] = await ask(name, { type: 'string', ...schema, description });
  return answers;
}

async function ask(name: string, schema: ParameterSchema): Promise<unknown> {
  const message = `${onOneLine(plain(name))} (${plain(schema.description)})`;
  if (isList(schema.enum)) return one({ type: 'select', name, message, choices: schema.enum.map((value) => ({ name: onOneLine(plain(typeof value === 'string' ? value : JSON.stringify(value))), value })) });
  if (schema.type === 'boolean') return one({ type: 'confirm', name, message });
  if (schema.type === 'integer' || schema.type === 'number') return one({ type: 'number', name, message, required: true });
  const kind = hasSecrets(schema) ? { type: 'password', mask: '*' } : { type: 'input', required: true };
  const wanted = { ...schema };
  const text = String(await one({ ...kind, name, message, validate: (written: string) => fieldValue(written, wanted) !== undefined || `not what is wanted: ${schema.type}` }));
  return fieldValue(text, wanted);
}

/** An agent writes the schemas of its questions itself. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

async function one(prompted: Record<string, unknown> & { readonly name: string }): Promise<unknown> {
  const { stdin } = process;
  const keys = prompted['type'] === 'select' ? keyboard(stdin) : undefined;
  const input = keys?.input ?? stdin;
  const left = new AbortController();
  const leave = (): void => left.abort();
  // Ctrl-D closes the reader of the keys, and Ctrl-Z pauses it; the prompt is told neither.
  const pressed = (_text: string | undefined, { ctrl, name }: Key): void => {
    if (ctrl === true && name === 'd') setImmediate(() => (stdin.isRaw ? undefined : leave()));
  };
  const resume = (): void => void setImmediate(() => input.resume());
  input.on('keypress', pressed).on('end', leave);
  process.on('SIGCONT', resume);
  try {
    // Everything that is asked goes to stderr: stdout is for results.
    const prompt = inquirer.createPromptModule({ input, output: process.stderr, signal: left.signal });
    const answers = (await prompt([prompted as never])) as Record<string, unknown>;
    return answers[prompted.name];
  } catch (cause) {
    if (cause instanceof Error && ['AbortPromptError', 'ExitPromptError'].includes(cause.name)) throw new TokaError('TOKA_CANCELLED', 'the question was not answered', { cause });
    throw cause;
  } finally {
    input.off('keypress', pressed).off('end', leave);
    keys?.end();
    process.off('SIGCONT', resume);
  }
}

/** A choice that is safe to be left with: without these keys any other, Escape too, goes to the first answer that begins with what was pressed. */
const DECISION = { type: 'select', name: 'decision', theme: { keybindings: ['vim'] } } as const;

/** Asks a person for the value of a variable that holds a secret. */
export async function askVariable(name: string): Promise<string> {
  return String(await one({ type: 'password', mask: '*', name: 'value', message: `the variable ${onOneLine(plain(name))}` }));
}

/** Asks a person how a run ended of which nobody else knows. */
export async function askOutcome(what: string): Promise<'succeeded' | 'failed' | 'retry'> {
  const choices = [
    { name: 'it did what it was to do', value: 'succeeded' },
    { name: 'it did not, and shall not be done', value: 'failed' },
    { name: 'do it again, with the same idempotency key', value: 'retry' },
  ];
  return (await one({ type: 'select', name: 'outcome', message: `toka was ended in the middle of ${onOneLine(plain(what))}. Do you know how it ended?`, choices })) as 'succeeded' | 'failed' | 'retry';
}

/** For how long an answer can be kept here, beside this run. */
export interface Offers {
  readonly session: boolean;
  /** The files that a rule could be written to: the user's own for this project, the project's. */
  readonly own?: string;
  readonly project?: string;
}

/** What was answered; `file` is where the rule is to be written. */
export interface Chosen {
  readonly decision: Answer['decision'];
  readonly file?: 'own' | 'project';
}

/** Asks a person for a capability that a run needs and nothing grants, or that a rule wants asked. */
export async function askCapability(tool: Tool, missing: Missing, { session, own, project }: Offers): Promise<Chosen> {
  const rule = `the rule "${plain(showCapability(missing.capability))}" for ${plain(tool.qualified)}`;
  const choices: readonly { readonly name: string; readonly value: Chosen }[] = [
    { name: 'once: for this run', value: { decision: 'once' } },
    ...(session ? [{ name: 'session: until this terminal is closed', value: { decision: 'session' } } as const] : []),
    ...(project === undefined ? [] : [{ name: `always, for all who trust this project: write ${rule} into ${plain(project)}, and trust it so`, value: { decision: 'always', file: 'project' } } as const]),
    ...(own === undefined ? [] : [{ name: `always: write ${rule} into your own file for this project`, value: { decision: 'always', file: 'own' } } as const]),
    { name: 'deny', value: { decision: 'deny' } },
  ];
  const answer = await one({
    ...DECISION,
    message: question(tool, missing),
    choices: choices.map(({ name }, value) => ({ name, value })),
    default: choices.length - 1,
  });
  return choices[answer as number]?.value ?? { decision: 'deny' };
}

function question(tool: Tool, { capability, lack }: Missing): string {
  const who = `${plain(tool.qualified)} (effect ${tool.effect})`;
  const name = plain(showCapability(capability));
  if (lack.by === 'effect') return `${who} has risk ${lack.risk}, and no rule names it: shall it run (${name})?`;
  if (lack.by === 'ask') return `${who} needs ${name}, which ${plain(lack.source)} wants to be asked for each time${lack.reason === undefined ? '' : ` (${plain(lack.reason)})`}.`;
  if (lack.by === 'protected') return `${who} needs ${name}, which steers ${steeredBy(lack.part)}, so a grant of the tree around it leaves it out.`;
  return `${who} needs ${name}, which no rule grants.${lack.by === 'secret' ? ' It bears secrets, so the built-in default leaves it out.' : ''}`;
}

/** Asks a person whether an agent may pass on a value that others may have chosen. */
export async function askAboutFlow(tool: Tool, taint: Taint, { own }: Pick<Offers, 'own'>): Promise<Chosen> {
  const choices: readonly { readonly name: string; readonly value: Chosen }[] = [
    { name: 'once: for this call', value: { decision: 'once' } },
    { name: 'session: this value, until toka ends', value: { decision: 'session' } },
    ...(own === undefined ? [] : [{ name: 'always: write a rule for this value into your own file for this project', value: { decision: 'always', file: 'own' } } as const]),
    { name: 'deny', value: { decision: 'deny' } },
  ];
  const message = `An agent calls ${plain(tool.qualified)} (effect ${tool.effect}) with a ${taint.role} that you have not named: ${printFlow(taint)}\n  ${reasonOfTaint(taint)}. Shall it?`;
  const answer = await one({ ...DECISION, message, choices: choices.map(({ name }, value) => ({ name, value })), default: choices.length - 1 });
  return choices[answer as number]?.value ?? { decision: 'deny' };
}

/** Shows a person what is otherwise with a tool than the lock says, and asks what to do. */
export async function askAboutDrift({ file, difference }: Drift): Promise<Verdict> {
  process.stderr.write(differenceText(difference, terminal(process.stderr, process.env)));
  const name = plain(difference.tool);
  const decision = await one({
    ...DECISION,
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

/** Asks a person for one of several words. */
export async function choose<T extends string>(message: string, choices: readonly T[]): Promise<T> {
  return (await one({ type: 'select', name: 'choice', message, choices: choices.map((value) => ({ name: value, value })) })) as T;
}
