// What a run of Python costs: in a process of its own, and again in one that lives on. Started with a folder, that part prints JSON.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createToka } from '../../dist/toka.js';
import { interleaved, ms, ratioRow, row } from './measure.mjs';
import { makeProject, node, toka } from './world.mjs';

const SCRIPT = fileURLToPath(import.meta.url);
const SOURCE = 'return params["n"] + 1';
const GROUP = 'code';

if (process.argv[1] === SCRIPT) {
  console.log(JSON.stringify(await warm(process.argv[2], Number(process.argv[3]))));
  process.exit(0);
}

export async function pythonRows(world, { samples }) {
  const cwd = makeProject(world, 'python', 1);
  writeFileSync(join(cwd, 'code.py'), SOURCE);
  const cold = await interleaved(
    { code: () => void toka(world, ['code', 'run', 'code.py', '--param', 'n=1', '--quiet'], { cwd }), sandbox: () => void toka(world, ['sandbox', 'run', '--', 'python3', '-I', '-c', '0'], { cwd }) },
    { samples, warmup: 2 },
  );
  const { call } = JSON.parse(node(world, [SCRIPT, cwd, String(samples)], { cwd }));
  return [
    ratioRow(GROUP, 'toka code run of Python, against toka sandbox run of python3', cold.code, cold.sandbox),
    row(GROUP, 'Python: a further call in a process that lives on', call.median, 'ms', 15, ms(call)),
  ];
}

async function warm(folder, samples) {
  const house = await createToka({ cwd: folder, warmProcesses: 2 });
  const call = async () => {
    const { status, data, error } = await house.run(house.code({ language: 'python', source: SOURCE, name: 'code.py', params: { n: 1 }, requirements: [], level: 'standard', limits: {}, capabilities: [] }));
    if (status !== 'succeeded' || data !== 2) throw new Error(JSON.stringify(error));
  };
  const measured = await interleaved({ call }, { samples, warmup: 3, pauseMs: 100 });
  await house.close();
  return measured;
}
