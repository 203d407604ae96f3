import type { Provider } from '@toka/sdk';
import { providerChecks } from '@toka/sdk/testing';
import { describe, expect, test } from 'vitest';
import anthropic from '../src/anthropic.ts';
import google from '../src/google.ts';
import compatible from '../src/openai-compatible.ts';
import openai from '../src/openai.ts';
import scripted from '../src/scripted.ts';
import places from './places.ts';

describe.each<Provider>([anthropic, google, openai, compatible, scripted])('$id', (provider) => {
  test.each(providerChecks)('$name', async ({ run }) => {
    await expect(run(provider, places.providers![provider.id]!)).resolves.toBeUndefined();
  });
});
