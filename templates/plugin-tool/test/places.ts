import { join } from 'node:path';
import { definePlaces } from '@toka/sdk/testing';

/** Where `npm test` and `toka plugins test` try the examples. */
export default definePlaces({ tools: { folder: join(import.meta.dirname, 'examples') } });
