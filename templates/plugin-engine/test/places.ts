import { definePlaces } from '@toka/sdk/testing';

let places = 0;

/** Where `npm test` and `toka plugins test` try the engine: a location of its own for each check. */
export default definePlaces({
  engines: {
    'scratch-queue': async (engine) => {
      const location = `place-${++places}`;
      return { connect: async () => engine.connect({ location }) };
    },
  },
});
