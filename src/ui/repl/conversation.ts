import type { Session, Sessions } from '../../agent/session/sessions.ts';
import type { ModelUsage } from '../../model/port.ts';
import type { SaidPart, Task } from '../../pipeline/agent/port.ts';
import type { LiveEvent } from '../../pipeline/events.ts';
import type { AgentRequest } from '../../pipeline/request.ts';
import { sum } from '../agent/tally.ts';
import type { Bounds } from '../agent/bounds.ts';
import type { Found, RunResult, Toka } from '../../toka.ts';

export interface ConversationOptions {
  readonly toka: Toka;
  readonly agent: string;
  readonly model?: string;
  readonly maxSteps?: number;
  /** Which is gone on with; absent: a new one, made when something is said. */
  readonly session: Session | undefined;
  readonly isPlanning: boolean;
  /** What each turn may have and use, asked anew for each. */
  readonly bounds: () => Bounds;
}

export interface TurnOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: LiveEvent) => void;
}

/** How a turn ended; `forked` where somebody else had gone on with the session meanwhile. */
export interface TurnEnd {
  readonly result: RunResult;
  readonly forked?: Session;
}

/** A session that is being talked in: its turns are runs of the agent, each after the one before. */
export class Conversation {
  readonly #options: ConversationOptions;
  #session: Session | undefined;
  #steered: string[] = [];
  #agent: string;
  model: string | undefined;
  isPlanning: boolean;
  usage: ModelUsage = {};
  contextUsed: number | undefined;
  /** Tokens that fit, where somebody says. */
  contextLimit: number | undefined;
  /** Which model answered last. */
  route: string | undefined;
  tasks: readonly Task[] = [];

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#agent = options.session?.agent ?? options.agent;
    this.model = options.model;
    this.isPlanning = options.isPlanning;
  }

  get agent(): string {
    return this.#agent;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  async sessions(): Promise<Sessions> {
    return this.#options.toka.sessions();
  }

  /** What was said to a turn and has not reached it yet. */
  get steered(): readonly string[] {
    return this.#steered;
  }

  steer(text: string): void {
    this.#steered.push(text);
  }

  /** Takes back what has not reached the turn. */
  takeSteered(): string[] {
    return this.#steered.splice(0);
  }

  /** The same session, as it is now, or its fork. */
  replace(session: Session): void {
    this.#session = session;
  }

  /** Goes on with another session, or with none yet. */
  switchTo(session: Session | undefined): void {
    this.#session = session;
    this.#agent = session?.agent ?? this.#options.agent;
    this.usage = {};
    this.contextUsed = undefined;
    this.tasks = [];
  }

  async say(said: readonly SaidPart[], options: TurnOptions): Promise<TurnEnd> {
    return this.#turn({ said }, options);
  }

  /** Puts a summary in the place of what was said so far. */
  async compact(options: TurnOptions): Promise<TurnEnd> {
    return this.#turn({ said: [], compact: true }, options);
  }

  /** The turn that was cut off by the end of its process, where it can be gone on with. */
  async cutOff(): Promise<Found | undefined> {
    const run = this.#session?.busy?.run;
    return run === undefined ? undefined : this.#options.toka.interrupted(run).catch(() => undefined);
  }

  async goOn(found: Found, options: TurnOptions): Promise<TurnEnd> {
    const { toka, bounds } = this.#options;
    const result = await toka.resume(found, { allow: bounds().allow ?? [], ...this.#listening(options) });
    if (this.#session) this.#session = await (await this.sessions()).get(this.#session.id);
    return { result };
  }

  async #turn(asked: { readonly said: readonly SaidPart[]; readonly compact?: boolean }, options: TurnOptions): Promise<TurnEnd> {
    const sessions = await this.sessions();
    this.#session ??= await sessions.create(this.#agent);
    const before = this.#session;
    const result = await this.#run(asked, before, options);
    if (result.error?.code !== 'TOKA_SESSION_CONFLICT') {
      this.#session = await sessions.get(before.id);
      return { result };
    }
    // Somebody else talks in it: what is said here goes on from where this one was.
    const forked = before.head === undefined ? await sessions.create(this.#agent) : await sessions.fork(before.id, before.head);
    const again = await this.#run(asked, forked, options);
    this.#session = await sessions.get(forked.id);
    return { result: again, forked: this.#session };
  }

  async #run(asked: { readonly said: readonly SaidPart[]; readonly compact?: boolean }, session: Session, options: TurnOptions): Promise<RunResult> {
    const { toka, bounds, maxSteps } = this.#options;
    const request = toka.agent(this.#agent, {
      ...asked,
      session: session.id,
      plan: this.isPlanning,
      ...(session.head === undefined ? {} : { after: session.head }),
      ...(this.model === undefined ? {} : { model: this.model }),
      ...(maxSteps === undefined ? {} : { maxSteps }),
    });
    return toka.run({ ...request, ...bounds(), ...this.#listening(options) });
  }

  #listening({ signal, onEvent }: TurnOptions): Pick<AgentRequest, 'inbox' | 'onEvent' | 'signal'> {
    return {
      signal,
      inbox: { take: () => this.takeSteered() },
      onEvent: (event) => {
        this.#note(event);
        onEvent(event);
      },
    };
  }

  #note(live: LiveEvent): void {
    if (live.type !== 'agent') return;
    const { event } = live;
    if (event.type === 'step-began') this.#noteRoute(event.route);
    if (event.type === 'tasks') this.tasks = event.tasks;
    if (event.type !== 'step-ended') return;
    this.usage = sum(this.usage, event.usage);
    const { inputTokens, outputTokens = 0 } = event.usage;
    if (inputTokens !== undefined) this.contextUsed = inputTokens + outputTokens;
  }

  #noteRoute(route: string): void {
    if (route === this.route) return;
    this.route = route;
    void this.#options.toka
      .models()
      .then(async (models) => models.candidates(route))
      .then(([first]) => (this.contextLimit = first?.contextTokens))
      .catch(() => (this.contextLimit = undefined));
  }
}
