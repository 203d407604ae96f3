import type { Session } from '../../agent/session/sessions.ts';
import { toTokaError } from '../../errors.ts';
import type { SaidPart } from '../../pipeline/agent/port.ts';
import type { LiveEvent } from '../../pipeline/events.ts';
import type { RunResult, Toka } from '../../toka.ts';
import type { Bounds } from '../agent/bounds.ts';
import { Asking } from './asking.ts';
import type { Desk, SlashCommand } from './command.ts';
import { COMMANDS } from './commands/table.ts';
import { Conversation, type TurnEnd, type TurnOptions } from './conversation.ts';
import type { Face, Listener, Surroundings, Waiting } from './face.ts';
import { grantedForms } from './granted.ts';
import { Permissions } from './permissions.ts';
import { runShell } from './shell.ts';
import { showSession } from './show-session.ts';
import type { Status } from './status.ts';
import { shown } from './width.ts';

/** Within which a second Ctrl-C quits. */
const TWICE_MS = 2000;
/** How many lines of what was said are shown again. */
const MAX_ECHOED = 20;

export interface ReplOptions {
  readonly agent: string;
  readonly model?: string;
  readonly maxSteps?: number;
  readonly isPlanning: boolean;
  /** What holds from the beginning. */
  readonly bounds: Bounds;
  /** Which is gone on with. */
  readonly session: Session | undefined;
  /** Commands beside those that come with the REPL. */
  readonly commands?: readonly SlashCommand[];
  /** Whether lines that begin with `!` are commands of the shell. */
  readonly hasShell: boolean;
}

/** The conversation between a person and an agent: reads what is said, runs turns, asks for approvals. */
export class Repl implements Listener {
  readonly asking: Asking;
  readonly #toka: Toka;
  readonly #conversation: Conversation;
  readonly #permissions: Permissions;
  readonly #options: ReplOptions;
  readonly #commands: readonly SlashCommand[];
  readonly #queue: string[] = [];
  #face: Face | undefined;
  #turn: AbortController | undefined;
  #isWorking = false;
  #work = Promise.resolve();
  #isEnding = false;
  #interruptedAt = -Infinity;
  #lastCode: string | undefined;
  #hasHeard = false;

  constructor(toka: Toka, options: ReplOptions) {
    this.#toka = toka;
    this.#options = options;
    this.#commands = [...COMMANDS, ...(options.commands ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.#permissions = new Permissions(toka.covers, toka.project?.root);
    for (const capability of options.bounds.allow ?? []) this.#permissions.grant(capability);
    for (const capability of options.bounds.deny ?? []) this.#permissions.deny(capability);
    this.#conversation = new Conversation({ ...options, toka, bounds: () => ({ ...options.bounds, allow: this.#permissions.allow, deny: this.#permissions.denied }) });
    this.asking = new Asking(() => this.#shownFace(), this.#permissions, (text) => this.#conversation.steer(text));
  }

  /** What a face shows beside what it is told. */
  get surroundings(): Surroundings {
    return { status: () => this.#status(), commands: () => this.#commands, isBusy: () => this.#turn !== undefined };
  }

  /**
   * Talks until the person has enough.
   *
   * @returns The code of the last error; undefined where there was none.
   */
  async talk(face: Face): Promise<string | undefined> {
    this.#face = face;
    const listening = face.listen(this);
    this.#work = this.#begin();
    await listening;
    await this.#idle();
    return this.#lastCode;
  }

  /** Whether anything was said at all. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  said(text: string, how: 'sent' | 'queued'): void {
    this.#hasHeard = true;
    const isTalk = !text.startsWith('/') && !(this.#options.hasShell && text.startsWith('!'));
    if (this.#turn && how === 'sent' && isTalk) this.#conversation.steer(text);
    else this.#queue.push(text);
    this.#showWaiting();
    this.#work = this.#work.then(async () => this.#carryOutAll());
  }

  stopped(): void {
    this.#turn?.abort();
  }

  interrupted(): void {
    const now = performance.now();
    if (now - this.#interruptedAt < TWICE_MS) return this.ended();
    this.#interruptedAt = now;
    const dropped = this.#queue.splice(0).length;
    if (this.#turn) this.#turn.abort();
    this.#note(dropped > 0 ? 'stopping; what was waiting is dropped; Ctrl-C again quits' : this.#turn ? 'stopping; Ctrl-C again quits' : 'Ctrl-C again quits');
  }

  ended(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // Lines that were piped are all answered before the end; a person who leaves waits for nothing.
    if (this.#options.hasShell) {
      this.#queue.length = 0;
      this.#turn?.abort();
    }
    this.#face?.close();
  }

  /** Nobody is there any more: what goes on is stopped, and recorded. */
  hungUp(): void {
    this.#queue.length = 0;
    this.#turn?.abort();
    this.ended();
  }

  async #begin(): Promise<void> {
    const { session } = this.#options;
    this.#isWorking = true;
    try {
      if (session) await showSession(session, this.#desk());
    } catch (thrown) {
      this.#fail(toTokaError(thrown));
    } finally {
      this.#isWorking = false;
    }
    await this.#carryOutAll();
  }

  /** Carries out what waits, one after the other. */
  async #carryOutAll(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#showWaiting();
        await this.#carryOut(next);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #idle(): Promise<void> {
    let work: Promise<void> | undefined;
    while (work !== this.#work) {
      work = this.#work;
      await work;
    }
  }

  async #carryOut(text: string): Promise<void> {
    try {
      if (text.startsWith('/')) await this.#command(text);
      else if (this.#options.hasShell && text.startsWith('!')) await this.#shell(text.slice(1).trim());
      else await this.#say(text);
    } catch (thrown) {
      this.#fail(toTokaError(thrown));
    }
  }

  async #command(text: string): Promise<void> {
    const [, name = '', argument = ''] = /^\/(\S*)\s*([^]*)$/.exec(text) ?? [];
    const command = this.#commands.find((each) => each.name === name);
    this.#echo(text);
    if (command) await command.run(argument.trim(), this.#desk());
    else this.#fail({ code: 'TOKA_USAGE', message: `there is no command /${name}`, hint: '/help shows all' });
  }

  async #say(said: string | readonly SaidPart[]): Promise<void> {
    if (typeof said === 'string') this.#echo(said);
    await this.#inTurn((options) => this.#conversation.say(typeof said === 'string' ? [{ type: 'text', text: said }] : said, options));
    // What was to reach the turn and came too late is said now.
    const late = this.#conversation.takeSteered();
    if (late.length > 0) this.#queue.unshift(late.join('\n'));
    this.#showWaiting();
  }

  async #inTurn(run: (options: TurnOptions) => Promise<TurnEnd>): Promise<void> {
    const face = this.#shownFace();
    const turn = new AbortController();
    this.#turn = turn;
    face.begin();
    const { result, forked } = await run({ signal: turn.signal, onEvent: (event) => this.#hear(event) }).finally(() => {
      face.end();
      this.#turn = undefined;
    });
    if (forked) this.#note(`somebody else goes on with this session, so this is now one of its own: ${forked.id}`);
    this.#tellEnd(result);
  }

  #hear(live: LiveEvent): void {
    const face = this.#shownFace();
    if (live.type === 'agent') {
      face.hear(live.event);
      if (live.event.type === 'steered') this.#showWaiting();
    } else if (live.type === 'output') {
      face.wrote(Buffer.from(live.chunk).toString('utf8'));
    }
  }

  #tellEnd({ error }: RunResult): void {
    if (!error) return;
    this.#lastCode = error.code;
    if (error.code === 'TOKA_CANCELLED') this.#note('stopped; what was finished of it is kept');
    else this.#fail(error);
  }

  async #shell(command: string): Promise<void> {
    if (command === '') return;
    this.#echo(`!${command}`);
    const turn = new AbortController();
    this.#turn = turn;
    try {
      await runShell(command, { toka: this.#toka, face: this.#shownFace(), allow: this.#permissions.allow, signal: turn.signal });
    } finally {
      this.#turn = undefined;
    }
  }

  #desk(): Desk {
    return {
      toka: this.#toka,
      face: this.#shownFace(),
      conversation: this.#conversation,
      permissions: this.#permissions,
      commands: this.#commands,
      say: async (said) => this.#say(said),
      compact: async () => this.#inTurn((options) => this.#conversation.compact(options)),
      goOn: async (found) => this.#inTurn((options) => this.#conversation.goOn(found, options)),
      quit: () => this.ended(),
    };
  }

  #echo(text: string): void {
    const face = this.#shownFace();
    if (!this.#options.hasShell) return;
    const lines = shown(text).split('\n');
    const echoed = lines.slice(0, MAX_ECHOED).map((line, at) => face.theme.strong(`${at === 0 ? '> ' : '  '}${line}`));
    const left = lines.length - echoed.length;
    face.note(['', ...echoed, ...(left > 0 ? [face.theme.quiet(`  … ${left.toLocaleString('en')} more ${left === 1 ? 'line' : 'lines'}`)] : []), '']);
  }

  #note(text: string): void {
    const face = this.#face;
    face?.note([face.theme.quiet(text)]);
  }

  #fail({ code, message, hint }: { readonly code: string; readonly message: string; readonly hint?: string | undefined }): void {
    const face = this.#shownFace();
    this.#lastCode = code;
    face.note([face.theme.error(shown(`${code}: ${message}`)), ...(hint === undefined ? [] : [face.theme.quiet(shown(hint))])]);
  }

  #showWaiting(): void {
    const waiting: Waiting[] = [...this.#conversation.steered.map((text) => ({ text, how: 'steers' as const })), ...(this.#isWorking ? this.#queue : []).map((text) => ({ text, how: 'waits' as const }))];
    this.#face?.setWaiting(waiting);
  }

  #shownFace(): Face {
    if (!this.#face) throw new Error('the REPL has no face yet');
    return this.#face;
  }

  #status(): Status {
    const { route, model, usage, contextUsed, contextLimit, isPlanning, agent } = this.#conversation;
    const named = route ?? model;
    return {
      ...(named === undefined ? { model: agent } : { model: named }),
      usage,
      ...(contextUsed === undefined ? {} : { context: { used: contextUsed, ...(contextLimit === undefined ? {} : { limit: contextLimit }) } }),
      capabilities: grantedForms(this.#permissions.granted.map(({ capability }) => capability)),
      isPlanning,
    };
  }
}
