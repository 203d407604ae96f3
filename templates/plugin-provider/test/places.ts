import { definePlaces } from '@toka/sdk/testing';
import { serve } from './server.ts';

/** What `npm test` and `toka plugins test` try the provider with: a server on this machine for each scenario. */
export default definePlaces({ providers: { 'chat-server': serve } });
