// How well and how quickly tools are found, and how often the planner that stands in for a model is right.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openShelf } from '../../dist/agent/find/shelf.js';
import { runAgent } from '../../dist/agent/loop.js';
import { choose } from '../../dist/agent/planner/choose.js';
import { Ranking } from '../../dist/registry/search/rank.js';
import { toolTerms } from '../../dist/registry/search/tool-terms.js';
import { least, row, summary } from './measure.mjs';

/** The folder of the public sets `bfcl.json` and `toole.json`: too large for the repository. */
const SETS = process.env.TOKA_BENCH_SEARCH_SETS;
const FLOORS = { bfcl: 0.843, toole: 0.599 };
/** Tools of a large team, which has 527 of them. */
const TEAM = 527;

export async function findRows() {
  const sets = Object.keys(FLOORS).flatMap((name) => readSet(name));
  if (sets.length === 0) console.error('the public sets are not measured: TOKA_BENCH_SEARCH_SETS names no folder with bfcl.json and toole.json');
  return [...speedRows(2000), await requestRow(), ...sets.flatMap((set) => recallRows(set)), ...plannerRows(sets)];
}

function readSet(name) {
  const file = join(SETS ?? '', `${name}.json`);
  if (SETS === undefined || !existsSync(file)) return [];
  const { docs, qs } = JSON.parse(readFileSync(file, 'utf8'));
  return [{ name, tools: docs.map((doc) => toolOf(doc)), questions: qs }];
}

function toolOf({ id, name, desc, params, server = '' }) {
  return {
    id,
    name,
    qualified: `${server || 'set'}/${id}`,
    source: server,
    description: desc,
    tags: [],
    category: '',
    effect: 'read',
    params: { type: 'object', properties: { parameters: { type: 'string', description: params } }, required: [], additionalProperties: false },
  };
}

/** Tools whose words are as often shared as those of real ones. */
function madeTools(count) {
  const words = Array.from({ length: 1500 }, (_, at) => `${'bcdfghklmnprst'[at % 14]}${'aeiou'[at % 5]}${'bdgklmnprstvz'[at % 13]}${'aeiou'[(at * 3) % 5]}${at % 97}`);
  const word = (tool, at) => words[(tool * 31 + at * at * 7 + ((tool * at) % 13)) % Math.ceil(words.length / (1 + (at % 4)))];
  const some = (tool, from, length) => Array.from({ length }, (_, at) => word(tool, from + at)).join(' ');
  return Array.from({ length: count }, (_, at) => toolOf({ id: at, name: `${word(at, 1)}-${word(at, 2)}-${at}`, desc: some(at, 3, 20), params: some(at, 30, 30), server: `plugin-${at % 20}` }));
}

function speedRows(count) {
  const tools = madeTools(count);
  const shelf = openShelf(tools, { pinned: [] });
  const questions = Array.from({ length: 2000 }, (_, at) => tools[(at * 17) % count].description.split(' ').slice(0, 12).join(' '));
  const started = performance.now();
  shelf.search('warm up');
  const first = performance.now() - started;
  const took = questions.map((question) => {
    const [began, used] = [performance.now(), process.threadCpuUsage()];
    shelf.search(question, 5);
    const { system, user } = process.threadCpuUsage(used);
    return { clock: performance.now() - began, processor: (system + user) / 1000 };
  });
  const slowest = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)];
  const detail = `${slowest(took.map(({ processor }) => processor)).toFixed(2)} ms on the processor; median ${summary(took.map(({ clock }) => clock)).median.toFixed(2)} ms; the first, which reads all tools, ${first.toFixed(0)} ms`;
  return [row('find', `tool_search among ${count} tools, the slowest of a hundred`, slowest(took.map(({ clock }) => clock)), 'ms', 2, detail)];
}

/** What the first request of an agent holds, as JSON. */
async function requestRow() {
  let bytes;
  const spec = { name: 'assistant', qualified: 'agent/assistant', description: '', skills: [], objectives: [], tasks: [], agents: [], tools: [], directives: [], successCriteria: [] };
  const host = {
    signal: new AbortController().signal,
    root: '/home/somebody/project',
    tools: async () => madeTools(TEAM),
    likeness: async () => undefined,
    trust: { readers: [], tools: [], realPath: (path) => path },
    steered: async () => [],
    emit: () => {},
    ask: async (route, prompt) => {
      bytes = Buffer.byteLength(JSON.stringify(prompt));
      return { route, parts: [{ type: 'text', text: 'done' }], reason: 'stop', usage: {} };
    },
  };
  const order = { spec, route: 'bench/model', history: [], said: [{ type: 'text', text: 'Say hello.' }], maxSteps: 1, isPlanning: false, today: '2026-01-01' };
  const { failure } = await runAgent(order, host);
  if (bytes === undefined) throw new Error(`no request was made: ${failure?.message}`);
  return row('find', `first request with ${TEAM} tools`, bytes / 1024, 'KiB', 8, 'messages and definitions as JSON, before a protocol wraps them');
}

function rankingOf({ tools }) {
  return new Ranking(tools.map((tool) => ({ item: tool, terms: toolTerms(tool) })));
}

function recallRows(set) {
  const ranking = rankingOf(set);
  let hits = 0;
  let groups = 0;
  for (const { q, gold } of set.questions) {
    const found = ranking.search(q, 5).map(({ item }) => item.id);
    groups += gold.length;
    hits += gold.filter((ids) => ids.some((id) => found.includes(id))).length;
  }
  return [least('find', `recall@5 on ${set.name}, by words alone`, hits / groups, '', FLOORS[set.name], `${set.questions.length} questions, ${set.tools.length} tools`)];
}

/** What the planner would call for the questions of a set: with its own tools, and with those of the other, of which none is right. */
function plannerRows(sets) {
  return sets.flatMap((asked) =>
    sets.map((set) => {
      const ranking = rankingOf(set);
      const called = asked.questions.flatMap(({ q, gold }) => {
        const found = ranking.search(q, 5);
        const tools = found.map(({ item }) => item);
        const choice = choose(q, found.map(({ item, score }) => ({ name: item.name, score })), tools.filter(({ name }, at) => tools.findIndex((tool) => tool.name === name) === at));
        return choice.tool ? [set === asked && gold.some((ids) => ids.includes(choice.tool.id))] : [];
      });
      const right = called.filter((isRight) => isRight).length;
      const share = (count) => `${((100 * count) / asked.questions.length).toFixed(1)} %`;
      const detail = `called ${share(called.length)}, abstained ${share(asked.questions.length - called.length)}`;
      if (set !== asked) return row('planner', `questions of ${asked.name} with the tools of ${set.name}: wrong calls`, (100 * called.length) / asked.questions.length, '%', undefined, detail);
      return least('planner', `right of what is called, ${set.name}`, (100 * right) / called.length, '%', 90, `${detail}, right ${share(right)}, wrong ${share(called.length - right)}`);
    }),
  );
}
