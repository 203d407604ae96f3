import { definePlaces } from '@toka/sdk/testing';

export default definePlaces({
  runtimes: {
    javascript: {
      language: 'js',
      result: 'return { sum: params.a + params.b };',
      prints: "console.log('to stdout');\nconsole.error('to stderr');",
      throws: "const message = 'broken on purpose';\nthrow new Error(message);",
      syntax: 'const one = 1;\nconst const two = 2;',
      endless: "console.log('started');\nfor (;;);",
      calls: "return tools.echo({ text: 'hi' });",
      failingCall: "try { await tools.echo({ text: 'fail' }); } catch (error) { return error.code; }",
    },
  },
});
