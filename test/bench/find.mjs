// How well and how quickly tools are found, and how often the planner that stands in for a model is right.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openMeaning } from '../../dist/registry/search/meaning.js';
import { openShelf } from '../../dist/agent/find/shelf.js';
import { choose } from '../../dist/agent/planner/choose.js';
import { Ranking } from '../../dist/registry/search/rank.js';
import { toolTerms } from '../../dist/registry/search/tool-terms.js';
import { least, row, summary } from './measure.mjs';
import { makeProject, ROOT, toka } from './world.mjs';

/** The folder of the public sets `bfcl.json` and `toole.json`: too large for the repository. */
const SETS = process.env.TOKA_BENCH_SEARCH_SETS;
const FLOORS = { bfcl: 0.843, toole: 0.599 };
/** Tools of a large team, beside those that come with toka: there are 527 then. */
const TEAM = 527 - 12;

/** What words and meaning together should reach. */
const HYBRID = { bfcl: { floor: 0.871, every: 5 }, toole: { floor: 0.761, every: 4 } };
const EMBEDDINGS = join(ROOT, 'plugins', 'embeddings', 'package.json');

export async function findRows(world, { meaning }) {
  const sets = Object.keys(FLOORS).flatMap((name) => readSet(name));
  if (sets.length === 0) console.error('the public sets are not measured: TOKA_BENCH_SEARCH_SETS names no folder with bfcl.json and toole.json');
  const hybrid = meaning ? await Promise.all(sets.map(async (set) => hybridRow(set, join(world.folder, 'find')))) : [];
  return [...speedRows(2000), requestRow(world), ...sets.map((set) => recallRow(set)), ...hybrid, ...plannerRows(sets)];
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
  const timed = (question) => {
    const began = performance.now();
    shelf.search(question, 5);
    return performance.now() - began;
  };
  // The least of three: what else the machine does is not the slowness of a question.
  const took = questions.map((question) => Math.min(...Array.from({ length: 3 }, () => timed(question))));
  const p99 = took.toSorted((one, other) => one - other)[Math.floor(took.length * 0.99)];
  return [row('find', `tool_search among ${count} tools, the slowest of a hundred`, p99, 'ms', 2, `median ${summary(took).median.toFixed(2)} ms; the first, which reads all tools, ${first.toFixed(0)} ms`)];
}

/** What the first request of an agent holds, before a protocol wraps it. */
function requestRow(world) {
  const cwd = makeProject(world, 'team', TEAM);
  const { tools } = JSON.parse(toka(world, ['tools', 'list', '--json'], { cwd }));
  toka(world, ['agent', 'run', '-p', 'file-lister path=.', '--model', 'local/planner'], { cwd });
  const { runs } = JSON.parse(toka(world, ['runs', 'list', '--json'], { cwd }));
  const first = runs.filter(({ model }) => model === 'prompt').at(-1);
  const { events } = JSON.parse(toka(world, ['runs', 'show', first.id, '--json'], { cwd }));
  const { bytes } = events.find(({ event }) => event.type === 'run.requested').event.params.inline;
  return row('find', `first request with ${tools.length} tools`, bytes / 1024, 'KiB', 8, 'messages and definitions as JSON, before a protocol wraps them');
}

function rankingOf({ tools }) {
  return new Ranking(tools.map((tool) => ({ item: tool, terms: toolTerms(tool) })));
}

function recallRow(set) {
  const ranking = rankingOf(set);
  const found = set.questions.map(({ q }) => ranking.search(q, 5));
  return least('find', `recall@5 on ${set.name}, by words alone`, recallOf(set.questions, found), '', FLOORS[set.name], `${set.questions.length} questions, ${set.tools.length} tools`);
}

/** Of a part of the questions: the model takes 10 to 60 ms for each text. */
async function hybridRow({ name, questions, tools }, folder) {
  const { every, floor } = HYBRID[name];
  const some = questions.filter((_, at) => at % every === 0);
  const ranking = rankingOf({ tools });
  const meaning = openMeaning([EMBEDDINGS], folder);
  const found = [];
  for (const { q } of some) {
    const likeness = await meaning.likeness(q, tools);
    found.push(ranking.search(q, 5, ({ qualified }) => likeness.get(qualified)));
  }
  return least('find', `recall@5 on ${name}, with meaning`, recallOf(some, found), '', floor, `every ${every}th of ${questions.length} questions`);
}

function recallOf(questions, found) {
  const hits = questions.flatMap(({ gold }, at) => gold.map((ids) => found[at].some(({ item }) => ids.includes(item.id))));
  return hits.filter((isHit) => isHit).length / hits.length;
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
