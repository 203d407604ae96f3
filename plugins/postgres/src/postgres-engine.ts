import { defineEngine } from '@toka/sdk';

export default defineEngine({
  id: 'postgres',
  summary: 'Give runs to workers on other hosts by a queue in a PostgreSQL database',
  supports: { interrupts: true },
  async connect({ location }) {
    const { openQueue } = await import('./lib/queue.ts');
    return openQueue(location);
  },
});
