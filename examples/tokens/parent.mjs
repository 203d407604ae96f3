// A token on its way through three processes: node examples/tokens/parent.mjs
// This one may read the whole project. It hands its child a token for the folder docs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start, toka } from './toka.mjs';

const project = mkdtempSync(join(tmpdir(), 'toka-tokens-'));
try {
  mkdirSync(join(project, 'docs/guide'), { recursive: true });
  for (const [file, text] of [['toka.yaml', 'apiVersion: toka/v1\n'], ['plan.txt', 'secret plan\n'], ['docs/index.txt', 'index\n'], ['docs/guide/start.txt', 'start\n']]) {
    writeFileSync(join(project, file), text);
  }
  toka(project, ['auth', 'token', 'create', '--allow', 'fs:read:docs', '--ttl', '10m', '--depth', '2', '--out', 'child.token']);
  const rows = JSON.parse(start('child.mjs', project, 'child.token'));
  const width = Math.max(...rows.map(({ attempt }) => attempt.length));
  for (const { who, attempt, outcome } of rows) console.log(`${who.padEnd(10)}  ${attempt.padEnd(width)}  ${outcome}`);
} finally {
  rmSync(project, { recursive: true });
}
