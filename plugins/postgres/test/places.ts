import { definePlaces } from '@toka/sdk/testing';
import { Cluster } from './support/cluster.ts';

let cluster: Promise<Cluster> | undefined;
let places = 0;

export default definePlaces({
  storage: {
    postgres: async (storage) => {
      cluster ??= Cluster.make();
      const location = (await cluster).location({ schema: `place_${++places}` });
      return { open: async (options) => storage.open({ location, ...options }) };
    },
  },
  engines: {
    postgres: async (engine) => {
      cluster ??= Cluster.make();
      const location = (await cluster).location({ schema: `place_${++places}` });
      return { connect: async () => engine.connect({ location }) };
    },
  },
  close: async () => (await cluster)?.remove(),
});
