import { definePlaces } from '@toka/sdk/testing';
import { serve } from './support/service.ts';

/** What each provider is tried with: a server on this machine that speaks its protocol. */
export default definePlaces({
  providers: {
    anthropic: async (scenario) => serve('anthropic', scenario),
    google: async (scenario) => serve('google', scenario),
    openai: async (scenario) => serve('openai', scenario),
    'openai-compatible': async (scenario) => serve('openai-compatible', scenario),
    scripted: async (scenario) => serve('scripted', scenario),
  },
});
