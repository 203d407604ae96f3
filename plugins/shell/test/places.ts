import { definePlaces } from '@toka/sdk/testing';

export default definePlaces({
  runtimes: {
    shell: {
      language: 'shell',
      result: 'echo "{\\"sum\\": $((PARAM_A + PARAM_B))}" >"$TOKA_RESULT"',
      prints: 'echo to stdout\necho to stderr >&2',
      syntax: 'echo one\nif then',
      endless: 'echo started\nsleep 600',
    },
  },
});
