import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sqliteStorage } from '../../../dist/journal/sqlite/storage.js';

/** SQLite that ends its process with kill -9 at a commit: `COMMIT before` or `COMMIT after` in the file `crash` beside it, counted from 1. */
export default {
  ...sqliteStorage,
  id: 'crashing',
  async open(options) {
    const backend = await sqliteStorage.open(options);
    const file = (name) => join(dirname(options.location), name);
    const [at, when] = existsSync(file('crash')) ? readFileSync(file('crash'), 'utf8').split(' ') : [];
    let commits = 0;
    const die = (moment) => {
      if (commits !== Number(at) || moment !== when) return;
      process.kill(process.pid, 'SIGKILL');
      // The signal may come a little later than the call returns.
      for (;;);
    };
    const transaction = async (work, settings) => {
      const types = [];
      const result = await backend.transaction(async (inner) => {
        const append = async (stream, events, expected) => {
          types.push(...events.map(({ body }) => `${stream} ${JSON.parse(body).type}`));
          return inner.append(stream, events, expected);
        };
        const value = await work(new Proxy(inner, { get: (target, name) => (name === 'append' ? append : bound(target, name)) }));
        if (types.length > 0) {
          commits += 1;
          die('before');
        }
        return value;
      }, settings);
      if (types.length > 0) {
        appendFileSync(file('commits'), `${types.join(', ')}\n`);
        die('after');
      }
      return result;
    };
    return new Proxy(backend, { get: (target, name) => (name === 'transaction' ? transaction : bound(target, name)) });
  },
};

function bound(target, name) {
  const value = target[name];
  return typeof value === 'function' ? value.bind(target) : value;
}
