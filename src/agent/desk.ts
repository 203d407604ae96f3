import type { ModelTool } from '@toka/sdk';
import type { AgentHost, AgentOrder } from '../pipeline/agent/port.ts';
import type { Tool } from '../manifest/tool.ts';
import { openShelf, type Shelf, TOOL_SEARCH } from './find/shelf.ts';
import { callsIn } from './conversation.ts';
import { visible } from './labels/frame.ts';
import { isTrustedTool } from './labels/rules.ts';
import { agentTools } from './own/agents.ts';
import { askPerson } from './own/ask-person.ts';
import { misused, type OwnTool } from './own/own-tool.ts';
import { skillTool } from './own/skill.ts';
import { runCode } from './own/run-code.ts';
import { tasksTool } from './own/tasks-tool.ts';
import type { Tasks } from './tasks.ts';

/** All tools that an agent has before it: those of its own, and a choice of those of the registry. */
export interface Desk {
  /** What the next request holds. */
  definitions(): readonly ModelTool[];
  own(name: string): OwnTool | undefined;
  tool(name: string): Tool | undefined;
  /** The same, without counting as use. */
  toolNamed(name: string): Tool | undefined;
  /** The tools that the next request holds, and those that were found so far. */
  shown(): readonly Tool[];
  /** Looks again which tools there are: some may have come since. */
  renew(): Promise<void>;
}

/** What nearly every task needs is defined from the start, where an agent has it. */
const GENERAL = ['file-reader', 'file-searcher', 'file-editor', 'file-writer', 'file-lister'].map((name) => `files/${name}`);

export async function openDesk({ context, history, hooks, spec }: AgentOrder, host: AgentHost, tasks: Tasks): Promise<Desk> {
  const called = history.flatMap((message) => (message.role === 'assistant' ? callsIn(message.parts).map(({ name }) => name) : []));
  const shelf = openShelf(await host.tools(), { pinned: [...spec.tools.filter((glob) => !glob.includes('*')), ...GENERAL], found: called });
  // Calls of code would pass by what stands around calls.
  const isHooked = hooks.some(({ on }) => on.endsWith('-tool'));
  const own = [askPerson(host), tasksTool(tasks), ...(isHooked ? [] : [runCode(host)]), ...skillTool(context), ...agentTools(spec.agents, host)];
  const all = [toolSearch(shelf, host), ...own];
  return {
    // The shelf begins with the search, where one is needed.
    definitions: () => [...own.map(({ definition }) => definition), ...shelf.definitions().map(seen)],
    own: (name) => all.find(({ definition }) => definition.name === name),
    tool: (name) => shelf.toolOf(name),
    toolNamed: (name) => shelf.toolNamed(name),
    shown: () => shelf.shown(),
    renew: async () => shelf.renew(await host.tools()),
  };
}

const SEEN = new WeakMap<ModelTool, ModelTool>();

/** A manifest shows a model nothing that a person would not see. */
function seen(definition: ModelTool): ModelTool {
  const { name, description, params } = definition;
  const shown = SEEN.get(definition) ?? { name, description: visible(description), params: JSON.parse(visible(JSON.stringify(params))) as ModelTool['params'] };
  SEEN.set(definition, shown);
  return shown;
}

function toolSearch(shelf: Shelf, { likeness, trust }: AgentHost): OwnTool {
  return {
    definition: TOOL_SEARCH,
    async run({ query, limit }) {
      if (typeof query !== 'string' || (limit !== undefined && typeof limit !== 'number')) return misused('expected {query, limit?}');
      const found = shelf.search(query, limit, await likeness(query));
      const isTrusted = found.every(({ name }) => {
        const tool = shelf.toolNamed(name);
        return tool !== undefined && isTrustedTool(tool, trust);
      });
      return { output: found.map((each) => ({ ...each })), origins: isTrusted ? ['system'] : ['untrusted-tool'] };
    },
  };
}
