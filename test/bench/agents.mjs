// toka's agent beside those that install from the registry: the same fake model on loopback, the same task, in one interleaved run. It reports
// and asserts nothing. `npm run bench` takes the rows of toka alone from here; run by itself, this file measures all of them.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, release } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { READ, startFakeModel } from './fake-model.mjs';
import { manyTools } from './made-tools.mjs';
import { figure, row, summary } from './measure.mjs';
import { installPeers } from './peers.mjs';
import { makeWorld, ROOT } from './world.mjs';

/** Answers that each ask for one file to be read. */
const TURNS = 20;
/** Tools of a large team. */
const TEAM = 527;
const GROUP = 'agent';
const SERVER = fileURLToPath(new URL('many-tools.mjs', import.meta.url));

/** What toka promises of itself. */
export async function agentRows(world, { samples }) {
  const measured = await measure(world, [tokaSubject()], { samples });
  const { few, many, one, own } = measured.get('toka');
  return [
    row(GROUP, 'agent run -p, one turn', one.wall.median, 'ms', 300, `processor ${figure(one.cpu.median)} ms`),
    row(GROUP, 'agent run -p, one turn: peak memory', one.peak.median, 'MiB', 120),
    row(GROUP, 'a turn with one native tool', own.wall, 'ms', 10, `without the model's time; processor ${figure(own.cpu)} ms`),
    row(GROUP, `first request with ${TEAM} tools`, many.bytes / 1024, 'KiB', 8, `as it is sent; ${figure(few.bytes / 1024)} KiB with the bundled tools alone`),
  ];
}

function tokaSubject() {
  return {
    name: 'toka',
    version: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version,
    command: [process.execPath, join(ROOT, 'bin', 'run.js')],
    env: () => ({ ANTHROPIC_API_KEY: 'none' }),
    configure: ({ home, project, url, tools }) => {
      const config = join(home, 'config', 'toka');
      mkdirSync(config, { recursive: true });
      writeFileSync(join(config, 'config.yaml'), `apiVersion: toka/v1\nmodels:\n  providers:\n    anthropic:\n      baseURL: ${url}/v1\n`);
      writeTools(join(project, 'manifests'), tools);
    },
    turn: (prompt) => ['agent', 'run', '-p', prompt, '--model', 'anthropic/claude-sonnet-4-5'],
  };
}

function peerSubject({ peer, program, version }) {
  const { name, env, configure, turn } = peer;
  const server = (tools) => (tools === 0 ? undefined : [process.execPath, SERVER, String(tools)]);
  return { name, version, command: [program], env, configure: ({ home, url, tools }) => configure({ home, url, server: server(tools) }), turn };
}

/** In the project, where toka looks for tools. */
function writeTools(folder, count) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tool.sh'), ':\n');
  for (const { name, description, schema } of manyTools(count)) {
    const parameters = Object.entries(schema.properties).map(([id, { type, enum: values, ...rest }]) => ({ name: id, type: values ? 'enum' : type, ...(values ? { enum: values } : {}), ...rest, required: schema.required.includes(id), pass: { flag: `--${id}` } }));
    const manifest = {
      apiVersion: 'toka/v1',
      metadata: { name, version: '1.0.0', category: 'bench', description, author: 'bench', tags: ['bench'] },
      spec: { executable: { type: 'shell', path: 'tool.sh', interpreter: 'sh' }, parameters, capabilities: { required: ['proc:exec:sh'] }, effect: 'read' },
    };
    // JSON is YAML.
    writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(manifest));
  }
}

/** @returns {Promise<Map<string, object>>} by the name of each subject; one that does not do its task is left out, and said. */
async function measure(world, subjects, { samples, folder = world.folder }) {
  const project = join(folder, 'project');
  mkdirSync(join(project, '.git'), { recursive: true });
  for (let at = 0; at < TURNS; at++) writeFileSync(join(project, `note-${at}.txt`), `note ${at}\n`);
  const model = await startFakeModel({ folder: project, turns: TURNS });
  try {
    const made = [];
    for (const subject of subjects) {
      const home = join(folder, 'homes', subject.name.replaceAll(' ', '-'));
      const place = { home, project, url: model.url };
      made.push({ ...subject, place, environment: { ...environmentOf(world, home), ...subject.env(place) }, taken: [] });
    }
    return await sampled(made, model, samples);
  } finally {
    await model.stop();
  }
}

async function sampled(subjects, model, samples) {
  const results = new Map();
  let left = subjects;
  for (const subject of subjects) subject.configure({ ...subject.place, tools: 0 });
  // The first round fills caches and is not counted.
  for (let round = -1; round < samples; round++) {
    for (const subject of left) {
      try {
        const one = await carriedOut(subject, 'Say hello.', model, 1);
        const twenty = await carriedOut(subject, READ, model, TURNS + 1);
        const version = await started(subject, ['--version']);
        if (round >= 0) subject.taken.push({ one, twenty, version });
      } catch (error) {
        console.error(`${subject.name} is left out: ${error.message}`);
        left = left.filter((each) => each !== subject);
      }
    }
  }
  for (const subject of left) {
    const few = subject.taken[0].one.request;
    const many = await withTeam(subject, model);
    const of = (what, field) => summary(subject.taken.map((each) => each[what][field]));
    const perTurn = (field) => summary(subject.taken.map(({ one, twenty }) => (twenty[field] - one[field]) / TURNS)).median;
    results.set(subject.name, {
      subject,
      one: { wall: of('one', 'wall'), cpu: of('one', 'cpu'), peak: of('one', 'peak') },
      own: { wall: perTurn('own'), cpu: perTurn('cpu') },
      version: of('version', 'wall'),
      few,
      many,
    });
  }
  return results;
}

async function withTeam(subject, model) {
  subject.configure({ ...subject.place, tools: TEAM });
  // The first reads all the tools; it is the request that counts here.
  const { request } = await carriedOut(subject, 'Say hello.', model, 1);
  subject.configure({ ...subject.place, tools: 0 });
  return request;
}

/** One task: what it took, without what the model took of it, and its first request that offers tools. */
async function carriedOut(subject, prompt, model, answers) {
  const { wall, cpu, peak, output } = await started(subject, subject.turn(prompt, subject.place));
  const asked = model.take();
  const requests = asked.map(requestOf).filter(({ tools }) => tools > 0);
  if (answers > 1 && !asked.some(({ body }) => body.includes(`note ${answers - 2}`))) throw new Error(`it has not read the last file: ${output.slice(-500)}`);
  if (requests.length < answers) throw new Error(`it asked the model ${requests.length} times with tools instead of ${answers}: ${output.slice(-500)}`);
  return { wall, cpu, peak, own: wall - asked.reduce((sum, { ms }) => sum + ms, 0), request: requests[0] };
}

function requestOf({ body, bytes }) {
  try {
    const { tools = [] } = JSON.parse(body.toString('utf8'));
    return { bytes, tools: tools.flatMap((tool) => tool.functionDeclarations ?? [tool]).length, toolBytes: tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools)) };
  } catch {
    return { bytes, tools: 0, toolBytes: 0 };
  }
}

function environmentOf(world, home) {
  mkdirSync(home, { recursive: true });
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: world.env.XDG_RUNTIME_DIR,
  };
}

/** So long a program may take before it is stopped and left out. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 10;

/** Runs a program to its end: milliseconds on the clock, and on the processor with all that it started; the peak of its largest process in MiB. */
async function started({ command, environment, place }, args) {
  const began = performance.now();
  const child = spawn('sh', ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh', ...command, ...args], { cwd: place.project, env: environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  const peaks = new Map();
  const look = setInterval(() => descendants(child.pid).forEach((pid) => peaks.set(pid, peakOf(pid) ?? peaks.get(pid) ?? 0)), LOOK_MS);
  const patience = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), PATIENCE_MS);
  const texts = ['', '', ''];
  for (const at of [0, 1, 2]) child.stdio[at + 1].setEncoding('utf8').on('data', (text) => (texts[at] += text));
  const code = await new Promise((resolve, reject) => void child.on('error', reject).on('close', resolve));
  const wall = performance.now() - began;
  clearInterval(look);
  clearTimeout(patience);
  const [stdout, stderr, times] = texts;
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr.slice(-500)}`);
  return { wall, cpu: processorOf(times), peak: Math.max(0, ...peaks.values()) / 1024, output: `${stdout}\n${stderr}` };
}

/** Of the two lines that `times` prints, the second is what was waited for. */
function processorOf(times) {
  const parts = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}

/** All below a process; where the system does not tell, none. */
function descendants(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter((word) => word !== ''));
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

function peakOf(pid) {
  try {
    const found = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

function markdown(results) {
  const kib = (bytes) => `${figure(bytes / 1024)} KiB`;
  const lines = [...results.values()].map(({ subject, one, own, version, few, many }) => [
    `${subject.name} ${subject.version}`,
    `${figure(one.wall.median / 1000)} s`,
    `${figure(one.cpu.median / 1000)} s`,
    `${figure(one.peak.median)} MiB`,
    `${figure(own.wall)} ms`,
    `${figure(own.cpu)} ms`,
    `${kib(few.bytes)} (${few.tools}: ${kib(few.toolBytes)})`,
    `${kib(many.bytes)} (${many.tools}: ${kib(many.toolBytes)})`,
    `${figure(version.median)} ms`,
  ]);
  const head = ['agent', 'one turn', 'processor', 'peak memory', 'own cost of a tool turn', 'processor', 'first request (tools)', `with ${TEAM} tools more`, '`--version`'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function main() {
  const { values } = parseArgs({ options: { samples: { type: 'string', default: '5' }, folder: { type: 'string', default: join(homedir(), '.cache', 'toka-bench-agents') }, json: { type: 'string' } } });
  const { folder } = values;
  mkdirSync(folder, { recursive: true });
  for (const name of ['project', 'homes']) rmSync(join(folder, name), { recursive: true, force: true });
  const world = makeWorld();
  try {
    const peers = installPeers(folder, process.env);
    const results = await measure(world, [tokaSubject(), ...peers.map(peerSubject)], { samples: Number(values.samples), folder });
    console.log(`Node ${process.versions.node}, ${process.platform} ${release()}, ${cpus().length} cores, ${values.samples} samples\n\n${markdown(results)}`);
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify([...results].map(([name, { subject, ...rest }]) => ({ name, version: subject.version, ...rest })), undefined, 2)}\n`);
  } finally {
    world.remove();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
