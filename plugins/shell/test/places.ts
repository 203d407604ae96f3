import { definePlaces } from '@toka/sdk/testing';

export default definePlaces({
  runtimes: {
    shell: {
      language: 'shell',
      result: 'printf \'{"sum": %d}\' $((PARAM_A + PARAM_B)) > "$TOKA_RESULT"',
      prints: 'echo to stdout\necho to stderr >&2',
      throws: ':\nfalse broken on purpose',
      syntax: ':\nif then',
      endless: 'echo started\nwhile :; do :; done',
    },
  },
});
