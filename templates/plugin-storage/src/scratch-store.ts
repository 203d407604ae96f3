import { defineStorage } from '@toka/sdk';
import { Driver } from './lib/driver.ts';

// What it keeps is gone with the process. A backend that keeps it declares `durable`, and then meets the checks of that too.
export default defineStorage({
  id: 'scratch-store',
  summary: 'Keep the journal in memory until the process ends',
  supports: { durable: false, processes: false, text: true, subscribe: false, check: false, compact: false, backup: false, forget: false },
  open: () => new Driver(),
});
