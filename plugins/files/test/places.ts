import { join } from 'node:path';
import { definePlaces } from '@toka/sdk/testing';

export default definePlaces({ tools: { folder: join(import.meta.dirname, 'examples') } });
