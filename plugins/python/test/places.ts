import { definePlaces } from '@toka/sdk/testing';

export default definePlaces({
  runtimes: {
    python: {
      language: 'python',
      result: 'return {"sum": params["a"] + params["b"]}',
      prints: 'import sys\nprint("to stdout")\nprint("to stderr", file=sys.stderr)',
      throws: 'message = "broken on purpose"\nraise ValueError(message)',
      syntax: 'one = 1\ntwo = = 2',
      endless: 'print("started")\nwhile True: pass',
      calls: 'return await tools.echo(text="hi")',
      failingCall: 'try:\n  await tools.echo(text="fail")\nexcept ToolError as error:\n  return error.code',
    },
  },
});
