import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Cluster, programs } from './support/cluster.ts';
import { codeOf } from './support/failure.ts';

// A plugin that writes a newer format than there is so far.
vi.mock('../src/lib/schema.ts', async (original) => ({ ...(await original<typeof import('../src/lib/schema.ts')>()), FORMAT: 2 }));
const { openDriver } = await import('../src/lib/open.ts');

describe.skipIf(programs === undefined)('a schema of an older format', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterAll(async () => {
    await cluster.remove();
  });

  test('is left as it is by who opens it to read', async () => {
    const location = cluster.location();
    await (await openDriver({ location })).close();
    const before = cluster.sql('SELECT xmin, version FROM toka.format');
    expect(await codeOf(openDriver({ location, readOnly: true }))).toBe('STORAGE_UNAVAILABLE');
    expect(cluster.sql('SELECT xmin, version FROM toka.format')).toBe(before);
  });
});
