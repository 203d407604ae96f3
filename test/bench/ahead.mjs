// What a call of a native tool in a process of its own costs, where one waits for it and where none does: started by run.mjs in a process and a folder of its own, prints JSON.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToka } from '../../dist/toka.js';
import { interleaved } from './measure.mjs';

const [folder, samples] = [process.argv[2], Number(process.argv[3])];

const manifest = {
  apiVersion: 'toka/v1',
  metadata: { name: 'noop', version: '1.0.0', category: 'test', description: 'Does nothing' },
  spec: { effect: 'none', executable: { type: 'native', entry: 'noop.mjs' } },
};
mkdirSync(join(folder, 'manifests'), { recursive: true });
writeFileSync(join(folder, 'toka.yaml'), 'apiVersion: toka/v1\n');
writeFileSync(join(folder, 'manifests', 'noop.yaml'), JSON.stringify(manifest));
writeFileSync(join(folder, 'manifests', 'noop.mjs'), 'export default { run: async () => ({ ok: true }) };\n');

const cold = await opened({});
const warm = await opened({ warmProcesses: 1 });
// The pause lets the next process start, as between the calls of an agent.
console.log(JSON.stringify(await interleaved({ cold: cold.run, warm: warm.run }, { samples, warmup: 2, pauseMs: 250 })));
await Promise.all([cold.close(), warm.close()]);

async function opened(options) {
  const toka = await createToka({ cwd: folder, ...options });
  const request = { ...toka.request({ name: 'noop' }, {}), allow: ['proc:exec:node'] };
  const run = async () => {
    const { status, error } = await toka.run(request);
    if (status !== 'succeeded') throw new Error(JSON.stringify(error));
  };
  return { run, close: toka.close };
}
