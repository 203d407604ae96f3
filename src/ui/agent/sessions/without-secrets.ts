import { MASKED } from '../../../manifest/secret-parts.ts';

/** Shorter values are found in whatever is written. */
const MIN_LENGTH = 8;

/** Variables that usually hold a secret. */
const SECRET_VARIABLE = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;

/** How keys and tokens of services look; a word list would mask what people talk about. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{16,}/g,
  /\b(?:gh[opsur]|github_pat|glpat|gsk|xai|hf|r8|pplx|npm|pypi|xox[abposr])[_-][A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /(?<=\bBearer\s+)[A-Za-z0-9._~+/=-]{12,}/g,
  /(?<=:\/\/[^\s:@/]{1,64}:)[^\s:@/]{4,200}(?=@)/g,
];

/** Takes secrets out of texts: the values of this environment's own, and whatever has the form of a key. */
export function withoutSecrets(env: Readonly<Record<string, string | undefined>>): (text: string) => string {
  const known = Object.entries(env).flatMap(([name, value]) => (SECRET_VARIABLE.test(name) && value !== undefined && value.length >= MIN_LENGTH ? [value] : []));
  return (text) => SHAPES.reduce((rest, shape) => rest.replaceAll(shape, MASKED), known.reduce((rest, value) => rest.replaceAll(value, MASKED), text));
}

/** The same for every text in a value. */
export function cleaned<T>(value: T, clean: (text: string) => string): T {
  if (typeof value === 'string') return clean(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => cleaned(each, clean)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cleaned(member as unknown, clean)])) as T;
}
