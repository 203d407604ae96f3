import type { JsonValue } from '@toka/sdk';
import * as z from 'zod';
import { ALIASES } from './aliases.ts';
import { parseAge, parseDuration, parsePercent, parseSize } from './units.ts';

/** An object that refuses keys it does not know. */
export const strict = z.strictObject;

/** C0 and C1 controls and those that change the direction of text: they would let a description forge what a terminal shows. */
const CONTROLS = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
const PLAIN = new RegExp(`^[^${CONTROLS}]*$`);
const ONE_LINE = new RegExp(`^[^${CONTROLS}\\n\\t]*$`);

/** Text of one or more lines for people. */
export function prose(limit: number) {
  return z.string().min(1).max(limit).regex(PLAIN, 'text without control characters');
}

/** Text on one line. */
export function line(limit: number) {
  return z.string().min(1).max(limit).regex(ONE_LINE, 'one line of text without control characters');
}

/** An argument, a file name: anything that the operating system can pass on. */
export function argument(limit: number) {
  return z
    .string()
    .max(limit)
    .regex(/^[^\u0000]*$/, 'text without a NUL character');
}

export const toolName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words and digits joined by -');

const NUMBER = String.raw`(0|[1-9]\d*)`;
const PRERELEASE = String.raw`(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)`;

/** The grammar of semver.org. */
export const semver = z
  .string()
  .max(128)
  .regex(
    new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${PRERELEASE}(\\.${PRERELEASE})*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$`),
    'a version of the form 1.2.3',
  );

export const tags = z.array(line(64)).max(32);

/** The shape of a capability; which domains and actions there are is known to the capability floor. */
export const capability = z
  .string()
  .max(1024)
  .regex(
    new RegExp(`^([a-z]+:[a-z]+(:[^\\u0000-\\u001f\\u007f]+)?|${Object.keys(ALIASES).join('|')})$`),
    'domain:action, domain:action:scope or one of the longer names such as git-access',
  );

export const effect = z.enum(['none', 'read', 'idempotent', 'external', 'privileged']);
export const level = z.enum(['restricted', 'standard', 'elevated']);
export const risk = z.enum(['low', 'medium', 'high']);

/** Any value: what comes from `parseYaml` is JSON throughout. */
export const json = z.unknown() as z.ZodType<JsonValue, JsonValue>;

export const exampleParams = z.record(z.string(), json);

/** Text that one of the readers of units.ts understands, turned into its number. */
function unit(read: (text: string) => number | undefined, pattern: RegExp, expected: string) {
  return z
    .string(expected)
    .regex(pattern, expected)
    .transform((text, context) => {
      const value = read(text);
      if (value !== undefined && value > 0) return value;
      context.addIssue({ code: 'custom', message: `${expected}, more than 0` });
      return z.NEVER;
    });
}

const wholeNumber = z.int().positive();

export const size = z.union([unit(parseSize, /^\d{1,16}\s?([KMGTkmgt]([iI]?[bB])?|[bB])?$/, 'a size such as 256M'), wholeNumber]);
export const duration = unit(parseDuration, /^\d{1,12}(\.\d{1,3})?\s?(ms|s|m|h)$/, 'a duration such as 30s');
export const age = unit(parseAge, /^(\d{1,6}[dw]|\d{1,12}(\.\d{1,3})?\s?(ms|s|m|h))$/, 'an age such as 30d');
export const percent = unit(parsePercent, /^\d{1,6}(\.\d{1,2})?\s?%$/, 'a share such as 50%');
export const count = wholeNumber;

/** US dollars, turned into millionths of one. */
export const money = z
  .number('an amount of US dollars such as 0.5')
  .min(0.000001)
  .max(1_000_000)
  .transform((dollars) => Math.round(dollars * 1_000_000));

/** What the value of a parameter decides. */
export const role = z
  .enum(['recipient', 'url', 'path', 'command', 'content'])
  .describe('What the value decides when an agent chooses it: to whom something goes, where to, which file, what is done; content: nothing of that. Default: by type, format and name.');
