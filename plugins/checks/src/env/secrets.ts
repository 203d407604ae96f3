import { shannonEntropy } from './entropy.ts';
import { isPlaceholder } from './placeholders.ts';

export interface SecretHit {
  /** Whose key it is: `AWS access key`. */
  readonly what: string;
  readonly start: number;
  readonly end: number;
  /** Whether it is a test-mode key, which opens no real account. */
  readonly test?: boolean;
}

interface Shape {
  readonly what: string;
  readonly pattern: RegExp;
  readonly test?: boolean;
}

/** The published shapes of keys (documentation of each issuer; the same as in the rule sets of gitleaks and GitHub's secret scanning). */
const SHAPES: readonly Shape[] = [
  { what: 'private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g },
  { what: 'AWS access key', pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g },
  { what: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/g },
  { what: 'GitLab token', pattern: /\bgl(?:pat|ptt|dt|rt|cbt|soat|ft|agent)-[\w-]{20,}/g },
  { what: 'Slack token', pattern: /\bxox[abeoprs]-(?:\d+-)*[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{20,}/gi },
  { what: 'Slack webhook', pattern: /hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9+/]{40,}/g },
  { what: 'Stripe key', pattern: /\b(?:sk|rk)_live_[A-Za-z0-9]{16,}\b|\bwhsec_[A-Za-z0-9+/=]{24,}/g },
  { what: 'Stripe test key', pattern: /\b(?:sk|rk)_test_[A-Za-z0-9]{16,}\b/g, test: true },
  { what: 'Anthropic key', pattern: /\bsk-ant-[\w-]{24,}/g },
  { what: 'OpenAI key', pattern: /\bsk-(?!ant-)(?:(?:proj|svcacct|admin|None)-[\w-]{20,}|[A-Za-z0-9]{32,})/g },
  { what: 'Google API key', pattern: /\bAIza[\w-]{35}/g },
  { what: 'Google OAuth secret', pattern: /\bGOCSPX-[\w-]{28}/g },
  { what: 'JSON Web Token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/g },
  { what: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'PyPI token', pattern: /\bpypi-AgE[\w-]{50,}/g },
  { what: 'SendGrid key', pattern: /\bSG\.[\w-]{20,24}\.[\w-]{39,50}/g },
  { what: 'Hugging Face token', pattern: /\bhf_[A-Za-z]{34}\b/g },
  { what: 'DigitalOcean token', pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/g },
];

/** Parts of keys that documentation shows. */
const SAMPLE = /example|sample|dummy|placeholder|your|change|redacted|x{6}|0{6}|\.{3}|\*{3}|12345678|abcdef(?:gh|01|12)/i;
const FEWEST_CHARACTERS = 8;

/**
 * Finds keys of known shapes.
 *
 * @param text Any text.
 * @returns Where they stand, in the order of the text; what only documentation shows (`AKIA…EXAMPLE`) is not one.
 */
export function findSecrets(text: string): SecretHit[] {
  const hits: SecretHit[] = [];
  for (const { what, pattern, test } of SHAPES) {
    for (const match of text.matchAll(pattern)) {
      if (isSample(match[0])) continue;
      hits.push({ what, start: match.index, end: match.index + match[0].length, ...(test === true ? { test } : {}) });
    }
  }
  return hits.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

function isSample(key: string): boolean {
  return SAMPLE.test(key) || new Set(key.slice(-20)).size < FEWEST_CHARACTERS;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Three or more words or figures, as in a host, a bucket, a path or a date. */
const WORDS = /^(?:[A-Za-z]+|\d+)(?:[-_./](?:[A-Za-z]+|\d+)){2,}$/;

/** Whether a value has so many different characters, so evenly spread, that a machine probably made it. */
export function looksGenerated(value: string): boolean {
  const body = passwordOf(value) ?? value;
  if (body.length < 20 || !/^[\w+/=.~-]+$/.test(body) || isPlaceholder(body) || SAMPLE.test(body)) return false;
  if (UUID.test(body) || WORDS.test(body)) return false;
  if (/^[\da-f-]+$/i.test(body)) return /[a-f]/i.test(body) && body.length >= 32 && shannonEntropy(body) > 3;
  return /\d/.test(body) && /[a-z]/i.test(body) && shannonEntropy(body) > 3.7;
}

/** The password in `scheme://user:password@host`. */
function passwordOf(value: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/[^:/?#@]*:([^@/]+)@/i.exec(value)?.[1];
}
