import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask } from '../../src/env/mask.ts';
import { isPlaceholder } from '../../src/env/placeholders.ts';
import { findSecrets, looksGenerated } from '../../src/env/secrets.ts';
import { SECRET_KINDS } from './planted.ts';
import { anyCharacter } from '../../../../test/support/any-character.ts';

describe('known shapes of keys', () => {
  it.each(SECRET_KINDS)('are found: %s', (what, secret) => {
    fc.assert(
      fc.property(secret, (key) => {
        // Chance writes such words now and then, and they are what templates are known by.
        fc.pre(!/your|example|xxx/i.test(key));
        expect(findSecrets(`X="${key}" # note`).map((hit) => hit.what)).toContain(what);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['AKIA', 'IOSFODNN7EXAMPLE'].join(''),
    `sk_live_${'x'.repeat(24)}`,
    `ghp_${'x'.repeat(36)}`,
    'sk-your-key-here',
    'pk_live_51H8abcdefghijk',
    'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    'task-force-of-the-century-with-many-words',
  ])('are not what documentation shows: %s', (text) => {
    expect(findSecrets(text)).toEqual([]);
  });

  it('marks keys of a test account', () => {
    expect(findSecrets(['sk_test', '4eC39HqLyjWDarjtT1zdp7dc'].join('_'))).toMatchObject([{ test: true }]);
  });
});

describe('generated values', () => {
  it.each([
    'wJalrXUtnFEMI7K3MDENGbPxRfiCYzQ9Lp0aVt1e',
    'postgres://app:hT9x2LqPz7VbN4mKs8Wd1R@db:5432/app',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c',
  ])('are suspected: %s', (value) => {
    expect(looksGenerated(value)).toBe(true);
  });

  it.each([
    'postgres://postgres:postgres@localhost:5432/app',
    'https://api.github.com/repos/nodejs/node',
    'true',
    '10485760',
    'eu-central-1',
    '2026-01-31T12:00:00Z',
    'my-service-staging-eu-west-1',
    'image/png,image/jpeg',
    'your_api_key_goes_here_please_123',
  ])('are not suspected: %s', (value) => {
    expect(looksGenerated(value)).toBe(false);
  });
});

describe('placeholders', () => {
  it.each([
    'changeme',
    'CHANGE_ME',
    'change-me-please',
    'xxx',
    'XXXXXXXX',
    'xxxx-xxxx',
    '<your-key>',
    '<API key>',
    'your_api_key_here',
    'your-domain.example',
    'TODO',
    'TODO: ask ops',
    'FIXME',
    'replace_me',
    'insert-token-here',
    'sk-...',
    'sk_live_xxxxxxxxxxxx',
    '{{ secret }}',
    '...',
    'placeholder',
    '[your token]',
  ])('are recognised: %s', (value) => {
    expect(isPlaceholder(value)).toBe(true);
  });

  it.each([
    '',
    '0000',
    '111',
    'info',
    'example.com',
    'postgres',
    'update',
    'set',
    '["a","b"]',
    'todos',
    'you',
    'production',
    '*',
    'no-reply@example.org',
  ])('are not seen in: %j', (value) => {
    expect(isPlaceholder(value)).toBe(false);
  });
});

describe('masking', () => {
  it('shows at most the first and last two characters, and those of long values only', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 80 }), (value) => {
        const masked = mask(value);
        if (value.length < 16) expect(masked).toBe('***');
        else expect(masked).toHaveLength(7);
      }),
    );
  });
});
