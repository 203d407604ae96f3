import { type ErrorCode, toTokaError } from '../errors.ts';
import type { AgentHost, AgentOrder, AgentOutcome, Origin, SaidPart } from '../pipeline/agent/port.ts';
import type { ModelReply } from '../model/port.ts';
import { compact, isFull } from './compaction.ts';
import { callsIn, Conversation, textIn, toModel } from './conversation.ts';
import { Carrier } from './carry.ts';
import { openDesk } from './desk.ts';
import { type Ending, Finish } from './finish.ts';
import { labelsOf } from './labels/of-agent.ts';
import { Hooks } from './hooks/hooks.ts';
import { instructionsOf } from './instructions.ts';
import { originsOfProof } from './proof.ts';
import { Repetition } from './repetition.ts';
import { Tasks } from './tasks.ts';

/** Calls that one answer may ask for; what is beyond is not carried out. */
const MOST_CALLS = 64;
/** Answers in a row that say nothing. */
const MOST_EMPTY = 2;

/** Times that a hook may hold an answer back. */
const MOST_HELD = 3;

type Failure = NonNullable<AgentOutcome['failure']>;

/** Runs an agent: asks its model, carries out what that asks for, until it is done or may not go on. Never rejects. */
export async function runAgent(order: AgentOrder, host: AgentHost): Promise<AgentOutcome> {
  const conversation = new Conversation(order.history);
  const tasks = new Tasks(order.spec, host);
  for (const [origin, parts] of byOrigin(order)) conversation.say(parts, origin);
  let steps = 0;
  const outcome = (text: string, ending: Omit<Ending, 'kind'> & { readonly failure?: Failure }): AgentOutcome => {
    conversation.close('it was stopped before this was done');
    return { messages: conversation.added, text, tasks: tasks.list, steps, ...(ending.data === undefined ? {} : { data: ending.data }), ...(ending.failure ? { failure: ending.failure } : {}) };
  };
  try {
    if (order.isCompacting) {
      await compact(conversation, order, host, tasks, 0);
      return outcome('', {});
    }
    for (const message of order.context.problems) host.emit({ type: 'notice', level: 'warn', message });
    const hooks = new Hooks(order.hooks, host, order.spec.name);
    const stopped = await hooks.stop('before-turn', { said: saidIn(order) });
    if (stopped !== undefined) return outcome('', { failure: blocked(stopped) });
    const desk = await openDesk(order, host, tasks);
    const labels = labelsOf(order, host, desk);
    const carrier = new Carrier(order, host, desk, hooks, (results) => labels.open([...order.history, ...conversation.added, { role: 'tool', results }]));
    const finish = new Finish(order, host, tasks, carrier);
    const repetition = new Repetition();
    let empty = 0;
    let held = 0;
    for (;;) {
      if (steps === order.maxSteps) return outcome('', { failure: stepLimit(order) });
      steps += 1;
      await hear(conversation, host, steps);
      if (isFull(conversation, order)) await compact(conversation, order, host, tasks, steps);
      const { parts, reason } = await ask(conversation, order, host, desk.definitions(), tasks, steps);
      const calls = callsIn(parts).slice(0, MOST_CALLS);
      const left = callsIn(parts).length - calls.length;
      conversation.answer(parts.filter((part) => part.type !== 'tool-call' || calls.includes(part)));
      const text = textIn(parts);
      if (reason === 'filtered') return outcome(text, { failure: finish.denials().failure ?? { code: 'TOKA_MODEL_REFUSED', message: `${order.route} refused, or gave up: its answer says why`, hint: 'say it otherwise, or ask another model: --model' } });
      if (calls.length > 0) {
        empty = 0;
        const { results, missing } = await carrier.carry(calls);
        conversation.results(results);
        if (missing) return outcome(text, { failure: inputNeeded(missing) });
        const again = repetition.note(calls, results);
        if (again === 'stop') return outcome(text, { failure: { code: 'TOKA_AGENT_LOOP', message: `${order.spec.name} did the same again and again: ${calls.map(({ name }) => name).join(', ')}`, hint: 'toka runs show tells what came of it' } });
        if (again === 'tell') note(conversation, 'You have done just this before, with the same result. Do something else, or say what keeps you from it.');
        if (left > 0) note(conversation, `${left} further calls of that answer were not carried out: at most ${MOST_CALLS} at once.`);
        await desk.renew();
        continue;
      }
      if (text.trim() === '') {
        empty += 1;
        if (empty === MOST_EMPTY) return outcome('', { failure: { code: 'TOKA_MODEL_REPLY', message: `${order.route} answered nothing, ${MOST_EMPTY} times`, hint: 'ask another model: --model' } });
        note(conversation, 'Your answer was empty. Go on, or say what you have found.');
        continue;
      }
      empty = 0;
      if (reason === 'length') {
        note(conversation, 'Your answer was cut off. Go on from there.');
        continue;
      }
      const ending = await finish.of(text);
      if (ending.kind === 'again') note(conversation, ending.why, ending.origins ?? ['system']);
      else {
        const why = await hooks.stop('after-turn', { text });
        if (why === undefined) return outcome(text, ending);
        held += 1;
        if (held === MOST_HELD) return outcome(text, { ...ending, failure: blocked(why) });
        note(conversation, `Your answer was held back, ${why}`, originsOfProof(host));
      }
    }
  } catch (thrown) {
    const { code, message, hint, data } = toTokaError(thrown);
    return outcome('', { failure: { code, message, ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data: data as NonNullable<Failure['data']> }) } });
  }
}

/** What was handed over beside what was said stands before it, and is not the person's word. */
function byOrigin({ above, said }: AgentOrder): (readonly [Origin, readonly SaidPart[]])[] {
  const isForeign = (part: SaidPart): boolean => part.type === 'text' && part.origin !== undefined;
  const all = [['file', said.filter(isForeign)], [above ? 'model' : 'user', said.filter((part) => !isForeign(part))]] as const;
  return all.filter(([, parts]) => parts.length > 0);
}

/** What the person has said since. */
async function hear(conversation: Conversation, host: AgentHost, step: number): Promise<void> {
  for (const text of await host.steered(step)) {
    conversation.say([{ type: 'text', text }], 'user');
    host.emit({ type: 'steered', text });
  }
}

async function ask(conversation: Conversation, order: AgentOrder, host: AgentHost, tools: ReturnType<Awaited<ReturnType<typeof openDesk>>['definitions']>, tasks: Tasks, step: number): Promise<ModelReply> {
  const prompt = (): Parameters<AgentHost['ask']>[1] => ({ messages: [{ role: 'system', text: instructionsOf(order, host.root) }, ...toModel(conversation.messages)], tools });
  host.emit({ type: 'step-began', step, route: order.route });
  try {
    return ended(await host.ask(order.route, prompt()), host, step);
  } catch (thrown) {
    const { code } = toTokaError(thrown);
    if (code !== ('TOKA_MODEL_CONTEXT' satisfies ErrorCode) || !(await compact(conversation, order, host, tasks, step))) throw thrown;
    return ended(await host.ask(order.route, prompt()), host, step);
  }
}

function ended(reply: ModelReply, host: AgentHost, step: number): ModelReply {
  host.emit({ type: 'step-ended', step, usage: reply.usage });
  return reply;
}

/** What toka itself says to the model. */
function note(conversation: Conversation, text: string, origins: readonly Origin[] = ['system']): void {
  conversation.say([{ type: 'text', text }], ...origins);
}

function saidIn({ said }: AgentOrder): string {
  return said.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
}

function blocked(why: string): Failure {
  return { code: 'TOKA_HOOK_BLOCKED', message: why, hint: 'hooks stand in your configuration, in that of the project, or in the file of the agent' };
}

function stepLimit({ maxSteps, route, spec }: AgentOrder): Failure {
  return { code: 'TOKA_STEP_LIMIT', message: `${spec.name} has asked ${route} ${maxSteps} times, as often as it may`, hint: 'allow more with --max-turns, or go on with the session' };
}

function inputNeeded({ question, fields }: { readonly question: string; readonly fields: readonly object[] }): Failure {
  return { code: 'TOKA_INPUT_NEEDED', message: `something is needed that only a person knows: ${question}`, hint: 'say it with the prompt, or run it on a terminal', data: { question, missing: fields as never } };
}
