import type { CallResult } from '@toka/sdk';
import { type ErrorCode, TokaError } from '../../errors.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Candidate, ModelReply, ModelUsage } from '../../model/port.ts';
import type { Calls } from '../calls.ts';
import { answerOf, childOf, children, type Handing } from '../children.ts';
import type { House } from '../house.ts';
import { promptParams } from '../prompt/params.ts';
import type { AgentRequest, PromptEvent } from '../request.ts';
import { type Run, settled } from '../run.ts';
import { reachOf } from './ceiling.ts';
import { keeperOfFiles } from './files.ts';
import type { AgentEvent, AgentHost, CallOptions, Flow } from './port.ts';
import type { Recorder } from './recorder.ts';

interface Hosting {
  readonly run: Run;
  readonly request: AgentRequest;
  readonly house: House;
  readonly signal: AbortSignal;
  readonly calls: Calls;
  readonly recorder: Recorder;
  readonly candidates: readonly Candidate[];
  /** Hears what each call of a model has used. */
  readonly onUsage: (usage: ModelUsage) => void;
}

/** All that the loop of an agent has of the world: each thing that it does is a run below its own. */
export function agentHost({ run, request, house, signal, calls, recorder, candidates, onUsage }: Hosting): AgentHost {
  const { agent } = run;
  if (!agent) throw new TokaError('TOKA_INTERNAL', 'an agent was to be run before it was found');
  const { effective } = settled(run, 'decision');
  const handing: Handing = { reach: reachOf(agent, effective.carvedOut, house.anchors) };
  const onEvent = request.onEvent;
  const emit = (event: AgentEvent): void => onEvent?.({ type: 'agent', run: run.id, event });
  const files = keeperOfFiles(run, house, recorder);
  const callable = oncePerList((all) => all.filter(({ qualified }) => handing.reach?.allows('tool', 'call', qualified) === true));
  const child = (options: CallOptions = {}, own: Handing = handing): Omit<ReturnType<typeof childOf>, 'onEvent'> & Pick<AgentRequest, 'flow' | 'onEvent'> => ({
    ...withoutFlow(childOf(run, options.signal ? AbortSignal.any([signal, options.signal]) : signal, calls.place(), own)),
    ...(options.flow ? { flow: options.flow } : {}),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(onEvent ? { onEvent } : {}),
  });
  const tools = async (): Promise<readonly Tool[]> => callable(await house.allTools());
  return {
    runId: run.id,
    signal,
    cwd: request.cwd,
    root: house.projectRoot ?? request.cwd,
    home: house.anchors.home,
    trust: { ...house.trust(), realPath: house.anchors.realPath },
    emit,
    record: recorder.record,
    steered: async (step) => recorder.steered(step, request.inbox),
    tools,
    likeness: async (query) => house.likeness(query, await tools()),
    async ask(route, prompt) {
      const { result } = await named(
        answerOf({ ...child(), model: 'prompt', route, prompt, params: promptParams(prompt), candidates: async () => forRoute(route, candidates, house), onReply: (event) => heard(event, emit) }, calls, house),
      );
      onUsage(result.usage);
      return result;
    },
    async call(tool, params, options) {
      const asked = { ...child(options), model: 'tool', params, target: { kind: 'named', name: tool } } as const;
      await files.before(tool, params);
      return answerOf(asked, calls, house);
    },
    spawn: async (name, params, options) => answerOf({ ...child(options), model: 'agent', agent: name, params }, calls, house),
    async code(language, source, options) {
      // It may call what the agent may call: each call is decided by itself.
      const lent = (handing.reach?.permissions ?? []).filter(({ capability: { domain } }) => domain === 'tool');
      const capabilities = lent.map(({ capability: { scope } }) => (scope === undefined ? 'tool:call' : `tool:call:${scope}`));
      return answerOf({ ...child(options, { ...handing, permissions: lent }), model: 'code', language, level: 'restricted', limits: {}, capabilities, ...(handing.reach ? { reach: handing.reach } : {}), params: { source, name: '<agent>', params: {}, requirements: [] } }, calls, house);
    },
    async command(argv, options = {}) {
      const { exitCode, stdout, stderr, stopped } = await children(run, house, signal, calls, handing).spawn(argv, options);
      return { runId: run.id, status: stopped === 'timeout' ? 'timed-out' : exitCode === 0 ? 'succeeded' : 'failed', output: `${stdout}${stderr}` };
    },
    async faultsOf(schema, value) {
      return (await house.mismatches(schema, value)).map(({ pointer, message }) => `${pointer === '' ? '' : `${pointer.slice(1)}: `}${message}`);
    },
    inquire: async (question) => house.inquirer?.(question),
  };
}

/** What a file asks for, a hook or a validation, was not chosen by the agent above: each call of the loop brings its own labels. */
function withoutFlow<T extends { readonly flow?: Flow }>({ flow: _above, ...rest }: T): Omit<T, 'flow'> {
  return rest;
}

/** Asked after each step, while the list of all tools seldom changes. */
function oncePerList(choose: (tools: readonly Tool[]) => readonly Tool[]): (tools: readonly Tool[]) => readonly Tool[] {
  let last: { readonly of: readonly Tool[]; readonly chosen: readonly Tool[] } | undefined;
  return (tools) => {
    if (last?.of !== tools) last = { of: tools, chosen: choose(tools) };
    return last.chosen;
  };
}

/** The reply that stands in the result of its run; throws what kept the model from answering. */
async function named(answer: Promise<CallResult>): Promise<{ readonly result: ModelReply }> {
  const { data, error } = await answer;
  if (error) throw new TokaError(error.code as ErrorCode, error.message, error.hint === undefined ? {} : { hint: error.hint });
  return { result: data as unknown as ModelReply };
}

async function forRoute(route: string, candidates: readonly Candidate[], house: House): Promise<readonly Candidate[]> {
  return candidates[0]?.route === route ? candidates : (await house.models()).candidates(route);
}

function heard(event: PromptEvent, emit: (event: AgentEvent) => void): void {
  if (event.type === 'text' || event.type === 'reasoning') emit({ type: event.type, text: event.text });
  if (event.type === 'restart') emit({ type: 'restart', why: event.why });
}

