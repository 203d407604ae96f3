import { defineStorage } from '@toka/sdk';
import { openDriver } from './driver/open.ts';

export default defineStorage({
  id: 'lmdb',
  summary: 'Keep the journal in LMDB, an embedded key-value store that several processes can use at once',
  supports: { durable: true, processes: true, text: true, subscribe: true, check: true, compact: false, backup: true, forget: true },
  open: openDriver,
});
