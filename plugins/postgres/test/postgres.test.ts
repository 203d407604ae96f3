import { storageChecks } from '@toka/sdk/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import postgres from '../src/postgres.ts';
import { Cluster, programs } from './support/cluster.ts';

describe.skipIf(programs === undefined)('the PostgreSQL storage', () => {
  let cluster: Cluster;
  let places = 0;

  beforeAll(async () => {
    cluster = await Cluster.make();
  });
  afterAll(async () => {
    await cluster.remove();
  });

  test.each(storageChecks)('$name', async ({ run }) => {
    const location = cluster.location({ schema: `place_${++places}` });
    const checking = run(async () => ({ open: async (options) => postgres.open({ location, ...options }) }));
    await expect(checking).resolves.toBeUndefined();
  });
});
