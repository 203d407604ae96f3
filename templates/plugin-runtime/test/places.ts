import { definePlaces } from '@toka/sdk/testing';

/** What `npm test` and `toka plugins test` try the runtime with. */
export default definePlaces({
  runtimes: {
    'tiny-script': {
      language: 'tiny-script',
      result: 'add a b',
      prints: 'print to stdout\nwarn to stderr',
      throws: 'print before\nfail broken on purpose',
      syntax: 'print before\nno such statement',
      endless: 'print started\nwait',
      calls: 'call echo text hi',
      failingCall: 'code echo text fail',
    },
  },
});
