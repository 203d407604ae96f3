import fc from 'fast-check';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function letters(alphabet: string, length: number): fc.Arbitrary<string> {
  // Evenly spread characters, as in a key that was really generated.
  const shuffled = fc.shuffledSubarray(Array.from(alphabet), { minLength: Math.min(alphabet.length, length) });
  return fc
    .array(shuffled, { minLength: Math.ceil(length / Math.min(alphabet.length, length)), maxLength: 8 })
    .map((parts) => parts.flat().join('').slice(0, length).padEnd(length, alphabet));
}

const mixed = (length: number) => letters(ALPHANUMERIC, length);
const base32 = (length: number) => letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length);
const lower = (length: number) => letters('0123456789abcdef', length);

/** Generators of keys in the published shapes, put together here so that no file of the repository holds one. */
export const SECRET_KINDS: readonly (readonly [what: string, secret: fc.Arbitrary<string>])[] = [
  ['AWS access key', base32(16).map((body) => `AKIA${body}`)],
  ['GitHub token', mixed(36).map((body) => `ghp_${body}`)],
  ['GitLab token', mixed(20).map((body) => `glpat-${body}`)],
  ['Slack token', mixed(24).map((body) => `xoxb-1234567-${body}`.replace('1234567', '8352917'))],
  ['Stripe key', mixed(24).map((body) => `sk_live_${body}`)],
  ['OpenAI key', mixed(48).map((body) => `sk-proj-${body}`)],
  ['Anthropic key', mixed(60).map((body) => `sk-ant-api03-${body}`)],
  ['Google API key', mixed(35).map((body) => `AIza${body}`)],
  ['npm token', mixed(36).map((body) => `npm_${body}`)],
  ['JSON Web Token', fc.tuple(mixed(20), mixed(30), mixed(43)).map(([head, body, sign]) => `eyJ${head}.eyJ${body}.${sign}`)],
  ['DigitalOcean token', lower(64).map((body) => `dop_v1_${body}`)],
  ['private key', mixed(64).map((body) => `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`)],
];

/** Anything a person may have for a secret: a key, a password of odd characters, a phrase. */
export const secret = fc.oneof(
  ...SECRET_KINDS.map(([, kind]) => kind),
  mixed(32),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9!$%&()*+,./:;<>?@^_{|}~-]{10,30}$/), fc.constantFrom('!', '&', '@', '%'))
    .map(([text, odd]) => `${odd}${text}`),
  fc.stringMatching(/^[a-z]{4,8} [a-z]{4,8} [a-z]{4,8}$/),
);
