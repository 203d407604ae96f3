import { resolve } from 'node:path';
import { capabilityFault } from '../capability/rules.ts';
import { parsePolicyTest, type PolicyCase } from '../config/policy-test.ts';
import { toTokaError } from '../errors.ts';
import { displayPath, problemsError, toProblem } from '../manifest/problems.ts';
import { readTextFile } from '../manifest/read.ts';
import { asResultError } from '../pipeline/result.ts';
import type { ResultError, Toka } from '../toka.ts';
import type { Door } from './door.ts';
import { type Explained, explain, type Outcome, outcomeOf } from './policy-check.ts';
import { paint, plainLine, terminal } from './text.ts';

interface Tried extends Pick<PolicyCase, 'name' | 'tool' | 'line'> {
  readonly expected: Outcome;
  /** `error`: there is no such tool, or the parameters are not valid. */
  readonly found: Outcome | 'error';
  readonly passed: boolean;
  readonly needs: readonly Explained[];
  readonly error?: ResultError;
}

/** `toka policy test FILE`: decides each call of a table and compares. */
export async function testPolicy(name: string, { json }: { readonly json: boolean }, door: Door): Promise<number> {
  const file = resolve(door.cwd, name);
  const read = readTextFile(file);
  if ('issue' in read) throw problemsError('TOKA_POLICY_TEST_INVALID', file, [toProblem(read.issue)]);
  const cases = parsePolicyTest(read.text, file, capabilityFault);
  const toka = await door.open();
  try {
    const tried: Tried[] = [];
    for (const each of cases) tried.push(await tryCase(toka, each));
    const failed = tried.filter(({ passed }) => !passed);
    if (json) door.stdout.write(`${JSON.stringify({ schema: 'toka/policy-test/v1', file, passed: tried.length - failed.length, failed: failed.length, cases: tried })}\n`);
    else door.stdout.write(text(displayPath(file), tried, door));
    return failed.length === 0 ? 0 : 1;
  } finally {
    await toka.close();
  }
}

async function tryCase(toka: Toka, { name, tool, line, params, allow, expect }: PolicyCase): Promise<Tried> {
  const common = { name, tool, line, expected: expect };
  try {
    const run = await toka.decide({ ...toka.request({ name: tool }, params), allow });
    const found = outcomeOf(run);
    return { ...common, found, passed: found === expect, needs: explain(run, toka.untrustedConfig) };
  } catch (thrown) {
    return { ...common, found: 'error', passed: false, needs: [], error: asResultError(toTokaError(thrown)) };
  }
}

function text(file: string, tried: readonly Tried[], door: Door): string {
  const view = terminal(door.stdout, door.env);
  const lines = tried.flatMap(({ name, line, expected, found, passed, needs, error }) => {
    if (passed) return [`${paint(view, 'green', 'ok')}    ${name}`];
    const why = needs.filter(({ verdict }) => verdict !== 'allow' || expected !== 'allow');
    return [
      `${paint(view, 'red', 'wrong')} ${name}`,
      `      at ${file}:${line}: expected ${expected}, found ${found}${error ? ` (${error.code}: ${error.message})` : ''}`,
      ...why.map(({ capability, verdict, by }) => `      ${verdict} ${capability}: ${by}`),
    ];
  });
  const failed = tried.filter(({ passed }) => !passed).length;
  return `${[...lines, `${tried.length} cases, ${failed} not as expected`].map(plainLine).join('\n')}\n`;
}
