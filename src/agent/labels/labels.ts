import { resolve } from 'node:path';
import type { CallResult, JsonValue } from '@toka/sdk';
import type { Tool } from '../../manifest/tool.ts';
import type { Flow, Message, Origin, Taint, TrustRules } from '../../pipeline/agent/port.ts';
import { normal } from './normal.ts';
import { Library, type Places, Proof, type Source } from './proof.ts';
import { isAllowed, isTrustedTool } from './rules.ts';
import { chosenIn, type Sink, sinksOf, textsOf } from './sinks.ts';

/** What an agent's labels depend on beside the conversation. */
export interface Trust extends Places, TrustRules {
  /** Texts in the model's instructions that the user vouches for: the agent's spec, memory and skills of the user or of a trusted project. */
  readonly vouched: readonly string[];
  /** The tools that the model is shown at present: the words of those that are not trusted may say anything. */
  shown(): readonly Tool[];
  /** The tool that a model calls by that name. */
  toolNamed(name: string): Tool | undefined;
  /** Texts in the model's instructions that nobody vouches for: memory of a project that is not trusted. */
  readonly unvouched: readonly string[];
  /** Of the agent that has started this one: what this one is told stems from there. */
  readonly above?: Flow;
}

/** Follows where the values of an agent's conversation come from. */
export interface Labels {
  /** What decides on one call, by all that was said and answered before it. Give it everything there was, what a summary stands for as well: a value that the person named is known again by it. */
  open(conversation: readonly Message[]): Flow;
}

const UNTRUSTED: ReadonlySet<Origin> = new Set(['web', 'untrusted-tool', 'file']);

/** Whether somebody else than the person, toka and who they trust may have written it. */
export function isUntrusted(origins: readonly Origin[]): boolean {
  return origins.some((origin) => UNTRUSTED.has(origin));
}

export function createLabels(trust: Trust): Labels {
  const library = new Library();
  return { open: (conversation) => new ConversationFlow(trust, library, conversation) };
}

interface Seen {
  readonly text: string;
  readonly where: string;
}

class ConversationFlow implements Flow {
  readonly #trust: Trust;
  readonly #library: Library;
  readonly #proof: Proof;
  /** What is not trusted, and has been seen. */
  readonly #context = new Set<Origin>();
  readonly #seen: Seen[] = [];
  /** What was heard by the runs that the call has started. */
  readonly #inner = new Set<Origin>();
  /** Whether the call was made now, not taken from the record. */
  #isLive = false;
  /** Whether something was changed by what is not trusted: what is read after that may be its own word. */
  #isStirred = false;

  constructor(trust: Trust, library: Library, conversation: readonly Message[]) {
    this.#library = library;
    this.#trust = trust;
    this.#proof = new Proof(trust, library);
    this.#proof.add(...trust.vouched.map(said));
    for (const text of trust.unvouched) this.#distrust(['file'], text, 'the memory of a project that is not trusted');
    for (const tool of trust.shown()) if (!isTrustedTool(tool, trust)) this.#distrust(['untrusted-tool'], describe(tool), `the manifest of ${tool.qualified}`);
    if (trust.above && isUntrusted(trust.above.context())) {
      this.#distrust(trust.above.context(), '', 'the agent that has started this one');
      this.#isStirred = true;
    }
    for (const message of conversation) this.#read(message);
  }

  context(): readonly Origin[] {
    return [...this.#context];
  }

  judge(tool: Tool, params: Readonly<Record<string, unknown>>): readonly Taint[] {
    this.#isLive = true;
    if (this.#context.size === 0) return [];
    return sinksOf(tool, params, this.#trust.cwd)
      .filter((sink) => !this.proves(sink.role, sink.value))
      .map((sink) => this.#taint(sink))
      .filter((taint) => !isAllowed(tool, taint, this.#trust));
  }

  heard(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, result: CallResult): void {
    const origins = this.#originsOf(tool, params, result);
    this.#note(tool, this.#inputs(tool, params));
    for (const origin of origins) this.#inner.add(origin);
    this.#listen(origins, texts(result), `a result of ${tool?.qualified ?? 'a tool'}`);
  }

  through(tool: Tool): Flow {
    if (!isTrustedTool(tool, this.#trust)) this.#distrust(['untrusted-tool'], '', `what ${tool.qualified} asks for`);
    return this;
  }

  origins(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, result: CallResult): readonly Origin[] {
    const own = this.#originsOf(tool, params, result);
    // A result that was taken from the record of a run does not say what that run has heard.
    const isOpaque = !this.#isLive && (tool === undefined || mayCall(tool));
    const joined: Origin[] = [...new Set<Origin>([...own, ...this.#inner, ...(isOpaque ? (['untrusted-tool'] as const) : [])])];
    this.#trust.above?.hear(joined);
    return joined;
  }

  hear(origins: readonly Origin[]): void {
    for (const origin of origins) this.#inner.add(origin);
    if (isUntrusted(origins)) this.#distrust(origins, '', 'what an agent that was started has read');
  }

  proves(role: string, value: string): boolean {
    return this.#proof.holds(role, value) || this.#trust.above?.proves(role, value) === true;
  }

  #read(message: Message): void {
    switch (message.role) {
      case 'user':
        this.#listen(this.#trust.above ? [...message.origins, 'model'] : message.origins, message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])), 'what was handed over', false);
        return;
      case 'summary':
        this.#listen(message.origins, [message.text], 'the summary of the conversation');
        // What was done before it is not told any more.
        this.#isStirred ||= isUntrusted(message.origins);
        return;
      case 'assistant':
        // What a model has said before it has read what is not trusted is nobody else's word.
        if (this.#context.size > 0) return;
        for (const part of message.parts) {
          if (part.type === 'text') this.#proof.add({ text: part.text, isAnswer: true });
          if (part.type === 'tool-call') for (const text of valuesOf(part.params)) this.#proof.add({ text, isAnswer: true });
        }
        return;
      case 'tool':
        for (const { name, origins, output } of message.results) {
          const tool = this.#trust.toolNamed(name);
          if (isUntrusted(origins) && changes(tool) && !ONLY_TELL.has(name)) this.#isStirred = true;
          this.#listen(origins, output, `a result of ${name}`);
        }
    }
  }

  #listen(origins: readonly Origin[], heard: JsonValue, where: string, isAnswer = true): void {
    if (isUntrusted(origins)) this.#distrust(origins, textsOf(heard).join('\n'), where);
    // Of what toka says itself a part may have been said to it.
    else if (!origins.includes('system') && !(origins.includes('model') && this.#context.size > 0)) for (const text of valuesOf(heard)) this.#proof.add({ text, isAnswer });
  }

  #distrust(origins: readonly Origin[], text: string, where: string): void {
    for (const origin of origins) if (UNTRUSTED.has(origin)) this.#context.add(origin);
    if (text !== '') this.#seen.push({ text, where });
  }

  #taint({ parameter, role, value }: Sink): Taint {
    const needle = normal(value);
    const seen = this.#seen.find(({ text }) => this.#library.of(text).plain.includes(needle));
    return { parameter, role, value, origins: this.context(), ...(seen ? { seenIn: seen.where } : {}) };
  }

  #originsOf(tool: Tool | undefined, params: Readonly<Record<string, unknown>>, result: CallResult): Origin[] {
    const inputs = this.#inputs(tool, params);
    if (!tool) return inputs.length > 0 ? [...inputs] : ['trusted-tool'];
    const found = new Set<Origin>(inputs);
    const capabilities = [...tool.capabilities.required, ...tool.capabilities.optional];
    if (!isTrustedTool(tool, this.#trust)) found.add('untrusted-tool');
    if (tool.executable.type === 'mcp' || capabilities.some((capability) => capability.startsWith('net:'))) found.add('web');
    if (capabilities.some((capability) => /^(fs:read|proc:)/.test(capability)) && this.#readsForeign(tool, params, result)) found.add('file');
    if (this.#isStirred && tool.effect !== 'none') found.add('file');
    return found.size === 0 ? ['trusted-tool'] : [...found];
  }

  /** Where the parameters come from, as far as that is not trusted. */
  #inputs(tool: Tool | undefined, params: Readonly<Record<string, unknown>>): readonly Origin[] {
    if (this.#context.size === 0) return [];
    return chosenIn(tool, params, this.#trust.cwd).every((text) => this.proves('path', text) || this.proves('url', text)) ? [] : this.context();
  }

  #readsForeign(tool: Tool, params: Readonly<Record<string, unknown>>, result: CallResult): boolean {
    const { root, cwd, isProjectTrusted } = this.#trust;
    if (!isProjectTrusted) return true;
    const paths = Object.entries(tool.params.properties).flatMap(([name, schema]) => {
      const value = params[name] ?? schema.default;
      const isPath = schema['x-type'] === 'path' || (schema['items'] as { readonly 'x-type'?: string } | undefined)?.['x-type'] === 'path';
      return isPath ? [value].flat().filter((each) => typeof each === 'string') : [];
    });
    return paths.some((path) => isForeign(this.#real(resolve(cwd, path)), this.#real(root))) || texts(result).some((text) => FOREIGN.test(text));
  }

  #real(path: string): string {
    return this.#trust.realPath(path);
  }

  /** Remembers whether what is not trusted has had something changed. */
  #note(tool: Tool | undefined, inputs: readonly Origin[]): void {
    if (inputs.length > 0 && changes(tool)) this.#isStirred = true;
  }
}

/** Folders in a project that others fill. */
const FOREIGN = /(^|[\s"'/\\])(node_modules|vendor|bower_components|site-packages|\.venv|venv)[/\\]/;

function isForeign(path: string, root: string): boolean {
  return (path !== root && !path.startsWith(`${root}/`)) || FOREIGN.test(`${path.slice(root.length)}/`);
}

function mayCall({ capabilities: { required, optional } }: Tool): boolean {
  return [...required, ...optional].some((capability) => capability.startsWith('tool:'));
}

/** The texts and numbers in a value that somebody has answered with; the names of members may be whose question it was. */
function valuesOf(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesOf) : [];
}

/** Tools of the agent's own that change nothing. */
const ONLY_TELL: ReadonlySet<string> = new Set(['ask_person', 'skill', 'tasks', 'tool_search']);

/** Whether it may leave something behind that is read later; of a tool that is not known that is not known either. */
function changes(tool: Tool | undefined): boolean {
  if (tool === undefined || (tool.effect !== 'none' && tool.effect !== 'read')) return true;
  return [...tool.capabilities.required, ...tool.capabilities.optional].some((capability) => capability.startsWith('fs:write'));
}

const said = (text: string): Source => ({ text, isAnswer: false });

function describe(tool: Tool): string {
  return [tool.name, tool.description, ...textsOf(tool.params as unknown as JsonValue)].join('\n');
}

function texts({ output, data, error }: CallResult): string[] {
  return [output, ...(data === undefined ? [] : textsOf(data)), ...(error ? [error.message, error.hint ?? ''] : [])].filter((text) => text !== '');
}
