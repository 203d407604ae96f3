// What the network of a sandbox costs: started by run.mjs in a process of its own, prints JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { launch } from '../../dist/sandbox/launch.js';
import { proxyVariables } from '../../dist/sandbox/network/variables.js';
import { interleaved } from './measure.mjs';

const MiB = 1024 ** 2;
const SERVER = `
const { once } = require('node:events');
const { parentPort, workerData: { size, MiB } } = require('node:worker_threads');
const chunk = Buffer.alloc(MiB);
const server = require('node:http').createServer(async (_, response) => {
  response.setHeader('content-length', size * MiB);
  for (let sent = 0; sent < size; sent++) if (!response.write(chunk)) await once(response, 'drain');
  response.end();
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
const [samples, transfers, size] = process.argv.slice(2).map(Number);

// In a thread of its own, so that it takes no time from the proxy.
const server = new Worker(SERVER, { eval: true, workerData: { size, MiB } });
const [port] = await once(server, 'message');
const at = `127.0.0.1:${port}`;
const network = { reach: { allows: () => true, names: () => true }, onRefused: () => undefined };

const launches = await interleaved(
  { networked: () => sandboxed(['true'], [`net:connect:${at}`]), plain: () => sandboxed(['true']) },
  { samples, warmup: 3, pauseMs: 20 },
);
const download = ['curl', '-sS', '-o', '/dev/null', '--proxytunnel', `http://${at}/`];
const throughput = hasCurl() ? await interleaved({ proxied: () => sandboxed(download, [`net:connect:${at}`]), direct: () => direct(download) }, { samples: transfers }) : undefined;
console.log(JSON.stringify({ launches, throughput }));
process.exit(0);

async function sandboxed(argv, grants) {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ...(grants ? proxyVariables() : {}) };
  const limits = { memory: 256 * MiB, cpu: 400, pids: 64, timeoutMs: 60_000, maxOutput: MiB, maxDisk: MiB };
  const plan = { argv, cwd: '/tmp', env, mounts: [], hidden: [], stdin: 'none', limits, ...(grants ? { network: grants } : {}) };
  const { exitCode } = await launch(plan, { network, onOutput: (_, said) => void process.stderr.write(said) });
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}`);
}

async function direct([program, ...args]) {
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

function hasCurl() {
  return process.env.PATH.split(':').some((folder) => process.getBuiltinModule('node:fs').existsSync(`${folder}/curl`));
}
