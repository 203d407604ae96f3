import { defineStorage } from '@toka/sdk';

export default defineStorage({
  id: 'postgres',
  summary: 'Keep the journal in a schema of a PostgreSQL database',
  supports: { durable: true, processes: true, text: true, subscribe: true, check: true, compact: true, backup: false, forget: true, search: true },
  async open(options) {
    const { openDriver } = await import('./lib/open.ts');
    return openDriver(options);
  },
});
