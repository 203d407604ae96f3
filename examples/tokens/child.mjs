// Has a token for docs, and hands its own child one for docs/guide, which may be handed on once.
import { read, start, toka } from './toka.mjs';

const project = process.cwd();
const rows = ['docs/index.txt', 'docs/guide/start.txt', 'plan.txt'].map((file) => ({ who: 'child', attempt: `read ${file}`, outcome: read(project, file) }));
toka(project, ['auth', 'token', 'attenuate', '--allow', 'fs:read:docs/guide', '--out', 'grandchild.token']);
console.log(JSON.stringify([...rows, ...JSON.parse(start('grandchild.mjs', project, 'grandchild.token'))]));
