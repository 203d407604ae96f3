import type { JsonObject } from '@toka/sdk';
import type { Missing } from '../../capability/policy.ts';
import type { Tool } from '../../manifest/tool.ts';
import type { Question, Taint } from '../../pipeline/agent/port.ts';
import type { Answer, Asked, Verdict } from '../../pipeline/house.ts';
import type { Drift } from '../../registry/lock/lock.ts';
import { differenceText } from '../difference.ts';
import { fieldValue } from '../field-value.ts';
import { detailsOf, taintDetails } from './details.ts';
import type { Face } from './face.ts';
import type { Permissions } from './permissions.ts';
import { exact, shown } from './width.ts';

/** Asks the person, by whatever face the REPL has, what only they may decide or know. */
export class Asking {
  readonly #face: () => Face;
  readonly #permissions: Permissions;
  readonly #tell: (text: string) => void;

  /** `tell` says something to the turn that goes on. */
  constructor(face: () => Face, permissions: Permissions, tell: (text: string) => void) {
    this.#face = face;
    this.#permissions = permissions;
    this.#tell = tell;
  }

  /** Asks the person for a capability. */
  async approve(tool: Tool, missing: Missing, asked: Asked): Promise<Answer> {
    const known = this.#permissions.known(tool, missing);
    const face = this.#face();
    if (known || !face.isAttended) return known ?? { decision: 'deny', by: 'nobody' };
    const { choice, answer } = this.#permissions.question(tool, missing, [`${face.theme.accent('?')} ${exact(tool.qualified)}`, ...detailsOf(tool, asked.params, asked.cwd, face.theme)]);
    const { decision, by, saysWhy } = await answer(await face.choose(choice));
    face.note([face.theme.quiet(`  ${decision}`)]);
    if (saysWhy) await this.#sayWhy(tool, face);
    return { decision, by };
  }

  /** Asks the person whether a value may go where somebody else may have chosen it to go. */
  async confirm(tool: Tool, taint: Taint): Promise<Answer> {
    const face = this.#face();
    const { ownFile } = this.#permissions;
    const offered: readonly { readonly decision: Answer['decision']; readonly text: string; readonly saysWhy?: true }[] = [
      { decision: 'once', text: 'once' },
      { decision: 'session', text: `session: this value as ${taint.role} of ${tool.qualified}, until this REPL ends` },
      ...(ownFile === undefined ? [] : [{ decision: 'always', text: `always: a rule for this value is written into ${ownFile}` } as const]),
      { decision: 'deny', text: 'deny' },
      { decision: 'deny', text: 'deny, and say why', saysWhy: true },
    ];
    const at = await face.choose({ details: taintDetails(tool, taint, face.theme), question: `May it be the ${taint.role} of ${tool.qualified}?`, answers: offered.map(({ text }) => text), fallback: offered.length - 2, isSudden: true });
    const { decision, saysWhy } = offered[at] ?? { decision: 'deny' };
    if (decision === 'always' && ownFile !== undefined) (await import('../remember.ts')).writeFlowRule(ownFile, tool, taint);
    face.note([face.theme.quiet(`  ${decision}`)]);
    if (saysWhy) await this.#sayWhy(tool, face);
    return { decision, by: 'person' };
  }

  /** Shows the person what is otherwise with a tool than the lock says, and asks what to do. */
  async review({ difference, file }: Drift): Promise<Verdict> {
    const face = this.#face();
    const lines = differenceText(difference, { isTty: true, color: face.theme.name !== 'plain', columns: face.columns }).trimEnd().split('\n');
    const answers = ['once: run it as it is, leave the lock as it is', 'update: write it into the lock as it is, and run it', 'stop'];
    const at = await face.choose({ details: lines, question: exact(`${difference.tool} is not as ${file} says.`), answers, fallback: 2, isSudden: true });
    return { decision: (['once', 'update'] as const)[at] ?? 'stop', by: 'person' };
  }

  /** Asks the person for what only they know. */
  async inquire({ text, fields }: Question): Promise<JsonObject | undefined> {
    const face = this.#face();
    if (fields.length === 0) {
      const answer = await face.ask(shown(text));
      return answer === undefined ? undefined : { answer };
    }
    face.note([shown(text)]);
    const answers: Record<string, JsonObject[string]> = {};
    for (const { name, description, schema } of fields) {
      const value = await askField(face, `${shown(name)} (${shown(description)})`, schema);
      if (value === undefined) return undefined;
      answers[name] = value;
    }
    return answers;
  }

  async #sayWhy({ qualified }: Tool, face: Face): Promise<void> {
    const why = (await face.ask(`What shall the agent know about why ${qualified} was denied?`)) ?? '';
    if (why.trim() !== '') this.#tell(`I denied ${qualified}: ${why}`);
  }
}

/** Asks until the answer is of the wanted type, or is not given. */
async function askField(face: Face, question: string, schema: JsonObject): Promise<JsonObject[string] | undefined> {
  for (;;) {
    const answer = await face.ask(question);
    if (answer === undefined) return undefined;
    const value = fieldValue(answer, schema);
    if (value !== undefined) return value;
    face.note([face.theme.error(`  not what is wanted: ${shown(JSON.stringify(schema))}`)]);
  }
}
