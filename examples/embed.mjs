// Runs two tools from a program: node examples/embed.mjs
import { createToka } from 'toka';

const toka = await createToka({ cwd: process.cwd() });
try {
  const listed = await toka.run(toka.request({ name: 'file-lister' }, { path: '.', depth: 1 }));
  if (listed.status !== 'succeeded') throw new Error(`${listed.error.code}: ${listed.error.message}`);
  console.log(`${listed.data.entries.length} entries`);

  // Nothing is granted beyond the built-in default: this one is denied, and `allow` would grant it to this run alone.
  const params = { path: 'made-by-embed.txt', content: 'hello' };
  const denied = await toka.run(toka.request({ name: 'file-writer' }, params));
  console.log(denied.status, denied.error.code, denied.error.data.missing.length);

  // A command without a manifest; `signal`, `timeoutMs` and `onEvent` go the same way.
  const command = { argv: ['uname'], level: 'restricted', limits: {}, capabilities: [], env: {} };
  const request = { ...toka.request({ command }, {}), allow: ['proc:exec:uname'] };
  const { status, output, error } = await toka.run(request);
  console.log(status, status === 'succeeded' ? output.trim() : error.code);
} finally {
  await toka.close();
}
