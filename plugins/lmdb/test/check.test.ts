import fc from 'fast-check';
import { expect, test } from 'vitest';
import { event, makeFolder, openFor } from './fixtures.ts';

const change = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), at: fc.nat(30), bytes: fc.oneof(fc.nat(900), fc.nat(60_000)), until: fc.option(fc.nat(50), { nil: undefined }) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(30) }),
  fc.record({ kind: fc.constant('prune' as const), at: fc.nat(50) }),
  fc.record({ kind: fc.constant('append' as const), at: fc.nat(3), bytes: fc.oneof(fc.nat(900), fc.nat(60_000)) }),
);

test('whatever is written in whatever order, the check finds nothing wrong and what was put is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { minLength: 1, maxLength: 20 }), { maxLength: 12 }), async (commits) => {
      const storage = await openFor(makeFolder());
      const entries = new Map<string, { bytes: number; until: number | undefined }>();
      const versions = new Map<string, number>();
      for (const commit of commits) {
        await storage.transaction(async (own) => {
          for (const one of commit) {
            const key = `key ${one.at}`;
            if (one.kind === 'put') {
              await own.put(key, new Uint8Array(one.bytes), one.until);
              entries.set(key, one);
            } else if (one.kind === 'remove') {
              await own.remove(key);
              entries.delete(key);
            } else if (one.kind === 'prune') {
              await own.prune(one.at);
              for (const [name, { until = Infinity }] of entries) if (until <= one.at) entries.delete(name);
            } else {
              const version = versions.get(key) ?? 0;
              await own.append(key, [event(version, 'x'.repeat(one.bytes))], version);
              versions.set(key, version + 1);
            }
          }
        });
      }
      expect(await storage.check()).toBe(undefined);
      const found = await storage.list({ prefix: '', limit: 100 });
      expect(new Map(found.map(({ key, value, until }) => [key, [value.length, until]]))).toEqual(new Map([...entries].map(([key, { bytes, until }]) => [key, [bytes, until]])));
      await storage.close();
    }),
    { numRuns: 40 },
  );
});
