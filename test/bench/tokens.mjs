// What checking rights costs in a process that lives on.
import { join } from 'node:path';
import { authorize } from '../../dist/capability/authorize.js';
import { parseCapability } from '../../dist/capability/grammar.js';
import { openKeyring } from '../../dist/capability/keyring.js';
import { Principal } from '../../dist/capability/principal.js';
import { openTokens } from '../../dist/capability/token/open.js';
import { systemClock } from '../../dist/journal/ids.js';
import { realPathOf } from '../../dist/runtime/tool-fs-locate.js';
import { figure, interleaved, ms, row } from './measure.mjs';

const GRANTS = 100;
const HOPS = 3;

export async function tokenRows(folder, { samples }) {
  const warmup = 300;
  const { verify, inspect } = await interleaved(verification(join(folder, 'keys')), { samples, warmup });
  const { policy, token } = await interleaved(decisions(), { samples, warmup });
  const detail = `of it ${ms(inspect)} for signatures and the chain`;
  return [
    row('rights', `a token of ${HOPS} hops is verified`, verify.median, 'ms', 1, detail),
    row('rights', `a call is checked against ${GRANTS} grants`, policy.median * 1000, 'µs', 20, `${figure(policy.low * 1000)}-${figure(policy.high * 1000)} µs`),
    row('rights', `the same, with a token of ${GRANTS} capabilities`, token.median * 1000, 'µs', 20, `${figure(token.low * 1000)}-${figure(token.high * 1000)} µs`),
  ];
}

function verification(folder) {
  const anchors = { root: '/p', home: '/h', realPath: realPathOf, isFolder: () => false };
  const tokens = openTokens({ folder, keyring: openKeyring(folder, systemClock), clock: systemClock, anchors });
  const capabilities = ['fs:read:/p/**', 'proc:exec:git', 'env:read:CI'].map(parseCapability);
  let { text } = tokens.create({ subject: 'user:bench', capabilities, depth: HOPS, lifetime: 3600 });
  for (let hop = 1; hop <= HOPS; hop++) ({ text } = tokens.attenuate(text, { capabilities: [parseCapability(`fs:read:/p/${'docs/'.repeat(hop)}**`)] }));
  return { verify: () => void tokens.verify(text), inspect: () => void tokens.inspect(text) };
}

/** The need is met by the last of the grants. */
function decisions() {
  const names = Array.from({ length: GRANTS }, (_, at) => `fs:read:/p/folder-${at}/**`);
  const grants = names.map((name) => ({ capability: parseCapability(name), source: 'bench' }));
  const question = {
    // Every part of a question that authorize may look at.
    needs: { required: [parseCapability(`fs:read:/p/folder-${GRANTS - 1}/file.txt`)], optional: [], starts: [] },
    level: 'restricted',
    policy: { grants, denials: [], asks: [] },
    hidden: [],
    toolNames: ['reader', 'bench/reader'],
  };
  const person = Principal.person('user:bench');
  const bearer = person.narrow('token', authorize({ ...question, needs: { ...question.needs, required: names.map(parseCapability) }, principal: person }).effective);
  return { policy: () => void authorize({ ...question, principal: person }), token: () => void authorize({ ...question, principal: bearer }) };
}
