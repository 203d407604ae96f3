import { definePlaces } from '@toka/sdk/testing';

/** Where `npm test` and `toka plugins test` try the storage: memory needs no place. */
export default definePlaces({ storage: { 'scratch-store': async (storage) => ({ open: async (options) => storage.open({ location: 'memory', ...options }) }) } });
