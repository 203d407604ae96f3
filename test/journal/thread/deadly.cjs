// A storage that ends its thread when something is written, and answers nobody who reads.
const end = () => process.exit(3);
exports.default = {
  id: 'deadly',
  summary: 'End the thread',
  supports: { durable: true, processes: false, text: false, subscribe: false, check: false, compact: false, backup: false },
  open: async () => ({ id: 'deadly', get: () => new Promise(() => {}), put: end, transaction: end, close: () => {} }),
};
