import type { JsonValue } from '@toka/sdk';
import * as z from 'zod';
import { issuesError, parseOrThrow } from '../manifest/load.ts';
import { quote, type Issue } from '../manifest/issue.ts';
import { capability, json, line, strict } from '../manifest/parts.ts';
import { check } from '../manifest/zod-issues.ts';
import type { CheckCapability } from './parse.ts';

/** What a policy says of one call. */
export const OUTCOMES = ['allow', 'ask', 'deny'] as const;

/** A table of calls with what the policy is expected to say of each, version 1. */
export const policyTestFile = strict({
  apiVersion: z.literal('toka/v1').describe('The version of this format.'),
  cases: z
    .array(
      strict({
        name: line(200).optional().describe('What the case is about, shown with its result.'),
        tool: line(256).describe('The tool: its name, or source/name.'),
        params: z.record(z.string(), json).default({}).describe('The parameters of the call.'),
        allow: z.array(capability).max(100).default([]).describe('Capabilities that the call is granted by flags.'),
        expect: z.enum(OUTCOMES).describe('allow: it runs unasked; ask: a person is asked; deny: it is denied.'),
      }),
    )
    .min(1)
    .max(1000)
    .describe('The calls, each by itself.'),
}).describe('Expectations of a policy, for toka policy test.');

export interface PolicyCase {
  readonly name: string;
  readonly tool: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly allow: readonly string[];
  readonly expect: (typeof OUTCOMES)[number];
  /** From 1. */
  readonly line: number;
}

/**
 * Parses the text of a file of expectations, YAML or JSON.
 *
 * @throws TokaError TOKA_POLICY_TEST_INVALID with every problem and its place.
 */
export function parsePolicyTest(text: string, file: string, checkCapability: CheckCapability): PolicyCase[] {
  const parsed = parseOrThrow('TOKA_POLICY_TEST_INVALID', text, file);
  const checked = check(policyTestFile, parsed.value, (path) => parsed.positions.sourceOf(path));
  if (!('data' in checked)) throw issuesError('TOKA_POLICY_TEST_INVALID', file, checked.issues, parsed);
  const { cases } = checked.data;
  const issues = cases.flatMap(({ allow }, at) =>
    allow.flatMap((each, index): Issue[] => {
      const wrong = checkCapability(each);
      return wrong === undefined ? [] : [{ path: ['cases', at, 'allow', index], code: 'bad-value', expected: `a capability (${wrong})`, found: quote(each) }];
    }),
  );
  if (issues.length > 0) throw issuesError('TOKA_POLICY_TEST_INVALID', file, issues, parsed);
  return cases.map(({ name, ...rest }, at) => ({ ...rest, name: name ?? `${rest.tool}: ${rest.expect}`, line: parsed.positions.locate(['cases', at]).line }));
}
