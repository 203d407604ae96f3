import { defineEngine } from '@toka/sdk';
import { Connection } from './lib/connection.ts';
import { Orders } from './lib/orders.ts';

/** By location: whoever connects to the same one sees the same orders. */
const places = new Map<string, Orders>();

// What it keeps is gone with the process, and no other process sees it: put a queue that keeps orders in the place of `Orders`.
export default defineEngine({
  id: 'scratch-queue',
  summary: 'Hand on runs by a queue in memory until the process ends',
  supports: { interrupts: true },
  async connect({ location }) {
    const orders = places.get(location) ?? new Orders();
    places.set(location, orders);
    return new Connection(orders);
  },
});
