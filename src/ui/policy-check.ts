import { parseCapability, printCapability, showCapability } from '../capability/grammar.ts';
import type { Verdict } from '../capability/authorize.ts';
import { reasonOf, remedyOf } from '../pipeline/reasons.ts';
import type { Run } from '../pipeline/run.ts';
import type { Door } from './door.ts';
import { readParameters } from './flags.ts';
import { readParams } from './params.ts';
import { grantOrigins, needOrigin } from './plan-origins.ts';
import { paint, plainLine, type Terminal, terminal } from './text.ts';

export interface PolicyCheckFlags {
  readonly allow: readonly string[] | undefined;
  readonly json: boolean;
  readonly param: readonly string[] | undefined;
  readonly params: string | undefined;
}

export type Outcome = 'allow' | 'ask' | 'deny';

/** One need of a call and how it was decided. */
export interface Explained {
  readonly capability: string;
  readonly required: boolean;
  /** Who asks for it. */
  readonly neededBy: string;
  readonly verdict: Outcome;
  /** What decided, in words; the place of a rule as `file:line`. */
  readonly by: string;
  /** What would grant it. */
  readonly grant?: string;
}

/** `toka policy check TOOL`: decides a call and explains it. */
export async function checkPolicy(name: string, { allow = [], json, param = [], params: source }: PolicyCheckFlags, door: Door): Promise<number> {
  const toka = await door.open();
  try {
    const { tool } = await toka.findTool(name);
    const given = source === undefined ? {} : await readParams(source, door.stdin);
    const params = { ...given, ...readParameters(tool, [], new Map([['param', [...param]]])) };
    const run = await toka.decide({ ...toka.request({ name }, params), allow });
    const needs = explain(run, toka.untrustedConfig);
    const verdict = outcomeOf(run);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/policy-check/v1', tool: tool.qualified, verdict, needs })}\n`);
    else door.stdout.write(text(tool.qualified, verdict, needs, terminal(door.stdout, door.env)));
    return verdict === 'allow' ? 0 : 77;
  } finally {
    await toka.close();
  }
}

/** What happens to a run whose call was decided: it runs, a person is asked for something that a rule wants asked, or it is denied. */
export function outcomeOf({ decision }: Run): Outcome {
  const missing = decision?.missing ?? [];
  return missing.length === 0 ? 'allow' : missing.every(({ lack }) => isAsked(lack)) ? 'ask' : 'deny';
}

export function explain({ decision, tool }: Run, untrustedConfig: string | undefined): Explained[] {
  return (decision?.verdicts ?? []).map((verdict): Explained => {
    const { capability, isOptional, lack, granted } = verdict;
    const common = { capability: printCapability(capability), required: !isOptional, neededBy: needOrigin(verdict, tool) };
    if (!lack) return { ...common, verdict: 'allow', by: grantOrigins(granted) };
    return {
      ...common,
      verdict: isAsked(lack) ? 'ask' : 'deny',
      by: reasonOf(lack),
      grant: remedyOf([{ capability, lack }], tool?.qualified ?? '', untrustedConfig),
    };
  });
}

function isAsked({ by }: NonNullable<Verdict['lack']>): boolean {
  return by === 'ask' || by === 'effect';
}

const COLOURS = { allow: 'green', ask: 'yellow', deny: 'red' } as const;

function text(tool: string, verdict: Outcome, needs: readonly Explained[], view: Terminal): string {
  const lines = needs.flatMap(({ capability, required, neededBy, verdict: each, by, grant }) => [
    `${paint(view, COLOURS[each], each.padEnd(5))}  ${showCapability(parseCapability(capability))}${required ? '' : '  (optional)'}`,
    `       needed by  ${neededBy}`,
    `       ${each === 'allow' ? 'granted by' : 'because   '} ${by}`,
    ...(grant === undefined ? [] : [`       next       ${grant}`]),
  ]);
  const whole = needs.length === 0 ? 'needs nothing, so it runs unasked' : { allow: 'runs unasked', ask: 'is asked for each time', deny: 'is denied' }[verdict];
  return `${[...lines, `${paint(view, 'bold', tool)} ${whole}`].map(plainLine).join('\n')}\n`;
}
