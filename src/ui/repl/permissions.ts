import { printCapability, showCapability } from '../../capability/grammar.ts';
import type { Missing } from '../../capability/policy.ts';
import { userProjectConfigFile } from '../../config/paths.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Answer } from '../../pipeline/house.ts';
import { onOneLine } from '../../manifest/plain.ts';
import type { Choice } from './face.ts';
import { exact } from './width.ts';

interface Granted {
  readonly capability: string;
  /** Qualified; absent: every tool. */
  readonly tool?: string;
}

type Covers = (held: readonly string[], asked: string) => boolean;

/** What a person has granted and refused for as long as this REPL lives, and how they are asked for the rest. */
export class Permissions {
  readonly #covers: Covers;
  readonly #root: string | undefined;
  #granted: Granted[] = [];
  #denied: string[] = [];

  /** `root`: the project's, to which rules that stay belong. */
  constructor(covers: Covers, root: string | undefined) {
    this.#covers = covers;
    this.#root = root;
  }

  get granted(): readonly Granted[] {
    return this.#granted;
  }

  get denied(): readonly string[] {
    return this.#denied;
  }

  /** What is granted to every tool. */
  get allow(): readonly string[] {
    return this.#granted.filter(({ tool }) => tool === undefined).map(({ capability }) => capability);
  }

  /** The person's own file with rules for this project; undefined where there is no project. */
  get ownFile(): string | undefined {
    return this.#root === undefined ? undefined : userProjectConfigFile(this.#root);
  }

  grant(capability: string, tool?: string): void {
    this.#denied = this.#denied.filter((each) => each !== capability);
    this.#granted.push({ capability, ...(tool === undefined ? {} : { tool }) });
  }

  deny(capability: string): void {
    this.#granted = this.#granted.filter((each) => each.capability !== capability);
    this.#denied.push(capability);
  }

  /** The answer that is known already. */
  known(tool: Tool, { capability, lack }: Missing): Answer | undefined {
    const asked = printCapability(capability);
    if (this.#covers(this.#denied, asked)) return { decision: 'deny', by: 'person' };
    // What is to be asked for each time is not remembered.
    if (lack.by === 'ask') return undefined;
    const held = this.#granted.filter((each) => each.tool === undefined || each.tool === tool.qualified).map((each) => each.capability);
    return this.#covers(held, asked) ? { decision: 'session', by: 'person' } : undefined;
  }

  /** The question for what is not known, and what comes of each answer. */
  question(tool: Tool, missing: Missing, details: readonly string[]): { readonly choice: Choice; answer(at: number): Promise<Answer & { readonly saysWhy: boolean }> } {
    const capability = printCapability(missing.capability);
    const shownRule = `${exact(showCapability(missing.capability))} for ${tool.qualified}`;
    const own = missing.lack.by === 'ask' ? undefined : this.ownFile;
    const answers: { readonly text: string; readonly decision: Answer['decision']; readonly saysWhy?: true }[] = [
      { text: 'once', decision: 'once' },
      ...(missing.lack.by === 'ask' ? [] : [{ text: `session: ${shownRule}, until this REPL ends`, decision: 'session' } as const]),
      ...(own === undefined ? [] : [{ text: `always: the rule ${shownRule} is written into ${own}`, decision: 'always' } as const]),
      { text: 'deny', decision: 'deny' },
      { text: 'deny, and say why', decision: 'deny', saysWhy: true },
    ];
    return {
      choice: { details, question: onOneLine(exact(questionText(tool, missing))), answers: answers.map(({ text }) => text), fallback: answers.length - 2, isSudden: true },
      answer: async (at) => {
        const { decision, saysWhy = false } = answers[at] ?? { decision: 'deny' };
        // The rule is read at the next start; until then this holds.
        if (decision === 'session' || decision === 'always') this.grant(capability, tool.qualified);
        if (decision === 'always' && own !== undefined) (await import('../remember.ts')).writeRule(own, capability, tool.qualified);
        return { decision, by: 'person', saysWhy };
      },
    };
  }
}

function questionText(tool: Tool, { capability, lack }: Missing): string {
  const name = showCapability(capability);
  const who = `${tool.qualified} (effect ${tool.effect})`;
  if (lack.by === 'effect') return `${who} has risk ${lack.risk}: shall it run (${name})?`;
  if (lack.by === 'ask') return `${who} needs ${name}, which is to be asked for each time${lack.reason === undefined ? '' : ` (${lack.reason})`}. Shall it have it?`;
  return `${who} needs ${name}. Shall it have it?`;
}
