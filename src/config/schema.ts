import * as z from 'zod';
import { hook } from '../manifest/hook.ts';
import { age, capability, count, duration, json, line, money, size, strict, toolName } from '../manifest/parts.ts';

/** A shell alone expands `~`: here it would name a folder that is called so. */
const PLAIN_PATH = /^(?!~(\/|$))[^\u0000]+$/;

const toolGlob = z
  .string()
  .max(256)
  .regex(/^[a-z0-9@*?/_.-]+$/, 'a name or glob such as build-* or files/*');

const scope = {
  tools: z
    .array(toolGlob)
    .min(1)
    .max(100)
    .optional()
    .describe('Names or globs of the tools it holds for. Default: every tool.'),
  reason: line(500).optional().describe('Why, shown where the rule decides.'),
};

const rule = z.union([
  capability.describe('One capability for every tool: domain:action[:scope].'),
  strict({ capability: capability.describe('domain:action[:scope]'), ...scope }),
  strict({ capabilities: z.array(capability).min(1).max(200).describe('Several, each domain:action[:scope].'), ...scope }),
]);

const counted = {
  ...scope,
  each: z.enum(['tool', 'principal']).optional().describe('What is counted by itself. Default: all runs together.'),
};

const limit = z.union([
  strict({
    window: strict({
      runs: z.int().min(1).max(1000).describe('How many runs.'),
      per: duration.describe('In how long a time, whenever it begins, such as 1h.'),
    }).describe('At most so many runs in any stretch of time.'),
    ...counted,
  }),
  strict({
    bucket: strict({
      runs: z.int().min(1).max(1_000_000).describe('How many runs at once.'),
      every: duration.describe('After how long there is one more, such as 2s.'),
    }).describe('So many runs at once, and one more after each stretch of time.'),
    ...counted,
  }),
]);

const flow = strict({
  tool: toolGlob.describe('A name or glob of tools.'),
  parameter: z
    .string()
    .max(64)
    .regex(/^[a-z][A-Za-z0-9]*(-[a-z0-9]+)*$/, 'the name of a parameter')
    .optional()
    .describe('Of which parameter. Default: of every one.'),
  values: z
    .array(z.string().min(1).max(1024))
    .min(1)
    .max(200)
    .optional()
    .describe("Which values, each with * for any text without a slash and ** for any text; paths are relative to this file's folder. Default: every value."),
  origins: z.array(z.enum(['web', 'untrusted-tool', 'file'])).min(1).optional().describe('Where it may stem from. Default: from anywhere.'),
  reason: line(500).optional().describe('Why.'),
});

const route = z
  .string()
  .max(512)
  .regex(/^[a-z][a-z0-9-]*\/[^\u0000-\u001f]+$/, 'a model such as anthropic/claude-sonnet-5-5');

const routes = z.union([route, z.array(route).min(1).max(20)]).transform((each) => (typeof each === 'string' ? [each] : each));

const dollars = z.number().min(0).max(1_000_000);

const provider = strict({
  protocol: toolName.optional().describe('The provider whose protocol it speaks: openai-compatible for servers of your own. Default: the one of its name.'),
  baseURL: z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s@]+$/, 'an address such as http://127.0.0.1:8000/v1, without a user')
    .optional()
    .describe('Where it is, with the version of its API.'),
  keyEnv: z.string().max(256).optional().describe('The name of the variable that holds its key, never the key itself.'),
  keyFile: z
    .string()
    .min(1)
    .max(4096)
    .regex(PLAIN_PATH, 'a path, without ~ for home')
    .optional()
    .describe("A file that holds its key, for you alone (0600, in a folder 0700), relative to this file's folder."),
  limits: strict({
    requests: z.int().min(1).max(1_000_000).optional().describe('Requests in a minute.'),
    tokens: count.optional().describe('Tokens in a minute.'),
  })
    .optional()
    .describe('What this process asks of it at the most; who would ask for more waits.'),
  timeouts: strict({
    first: duration.optional().describe('For the first piece of an answer. Default 2m.'),
    between: duration.optional().describe('Between two pieces. Default 1m.'),
    total: duration.optional().describe('For all of it. Default 10m.'),
  })
    .optional()
    .describe('How long an answer is waited for.'),
  context: count.optional().describe('Tokens that fit into a conversation, where nothing else says so.'),
  models: z
    .record(
      z.string().min(1).max(256),
      strict({
        context: count.optional().describe('Tokens that fit into a conversation.'),
        price: strict({
          input: dollars.describe('Of what is sent.'),
          output: dollars.describe('Of what is answered.'),
          cached: dollars.optional().describe('Of what a cache gives. Default: as input.'),
          cacheWrite: dollars.optional().describe('Of what is written into a cache. Default: as input.'),
        })
          .optional()
          .describe('US dollars for a million tokens.'),
      }),
    )
    .optional()
    .describe('What is to be known of its models, by name.'),
  options: z.record(z.string().max(64), json).optional().describe('What this provider alone takes, such as reasoning or api.'),
});

/** A configuration file (toka.yaml and the user's files), version 1. */
export const configFile = strict({
  apiVersion: z.literal('toka/v1').describe('The version of this format.'),
  policy: strict({
    allow: z.array(rule).max(1000).default([]).describe('What tools may do. That of a project counts once it is trusted.'),
    ask: z.array(rule).max(1000).default([]).describe('What a person is asked for each time, although something allows it. Without a terminal it is denied.'),
    deny: z.array(rule).max(1000).default([]).describe('What they may not, whatever allows it.'),
  })
    .prefault({})
    .describe('Which capabilities are granted.'),
  prefer: z
    .record(toolName, line(256))
    .default({})
    .describe('Which source is meant where two tools have one name: the unqualified name and the source, such as file-reader: files.'),
  sandbox: strict({
    require: z
      .enum(['hard', 'watchdog'])
      .optional()
      .describe(
        'What must enforce memory, processes and CPU. hard: a cgroup; watchdog: rlimits and polling will do. A project can only raise it.',
      ),
  })
    .prefault({})
    .describe('What the sandbox must be able to enforce.'),
  limits: z.array(limit).max(200).default([]).describe('How often tools may be run. All that apply hold, those of every file.'),
  budget: strict({
    calls: z.int().min(1).max(1_000_000_000).optional().describe('How many runs, the first one included.'),
    wall: duration.optional().describe('How long, such as 10m.'),
    cpu: duration.optional().describe('How much CPU time, such as 2m.'),
    bytes: size.optional().describe('How much output, such as 64M.'),
    tokens: count.optional().describe('How many tokens of models, read and written together.'),
    money: money.optional().describe('How much for models, in US dollars. One whose price is not known is not asked then.'),
  })
    .prefault({})
    .describe('What each run may use, together with all the runs that it starts. The least of every file holds.'),
  hooks: z.array(hook).max(100).optional().describe('What is run before or after calls and turns of every agent, in this order, and can stop them. Of a project it counts once it is trusted.'),
  flows: strict({
    trusted: z.array(toolGlob).max(200).default([]).describe('Tools that did not come with toka, and whose word counts as that of those that did.'),
    allow: z.array(flow).max(500).default([]).describe('What an agent may pass on although others may have chosen it, without a question.'),
  })
    .optional()
    .describe('Where the values may come from by which agents decide where something goes and what is done. Of a project it counts once it is trusted.'),
  storage: strict({
    backend: toolName.describe('The storage backend: sqlite, or one of a plugin.'),
    location: z
      .string()
      .min(1)
      .max(4096)
      .regex(PLAIN_PATH, 'a path, without ~ for home, or an address')
      .optional()
      .describe("A folder for it alone, relative to this file's folder, or an address. Default: the project's state folder."),
  })
    .optional()
    .describe('Where the journal is kept. Of a project it counts once it is trusted.'),
  engine: strict({
    id: toolName.describe('The engine: one of a plugin, or here for this very process.'),
    location: z
      .string()
      .min(1)
      .max(4096)
      .regex(/^[^\u0000]+$/, 'an address')
      .optional()
      .describe('Where it is, as the engine understands it. Default: the address of the journal, where its backend has the same name.'),
  })
    .optional()
    .describe('Who the runs of toka run are given to. Of a project it counts once it is trusted.'),
  retention: strict({
    age: age.optional().describe('How long after their end, such as 30d.'),
    count: z.int().min(1).max(1_000_000_000).optional().describe('How many runs, the newest.'),
    size: size.optional().describe('How much is recorded of them, such as 500M.'),
  })
    .optional()
    .describe('Which runs toka runs prune leaves as they are where it is given no rule. Nothing is pruned by itself. Of a project it counts once it is trusted, and for a journal of its own.'),
  plugins: strict({
    allow: z
      .array(
        z
          .string()
          .max(214)
          .regex(/^[a-z0-9@*/_.~-]+$/, 'the name of a package, or names such as @acme/*'),
      )
      .max(200)
      .describe('Packages that are installed without asking. Of a project it counts never; of the administrator: no other package is installed.'),
  })
    .optional()
    .describe('Which plugins may be installed.'),
  models: strict({
    roles: z.record(toolName, routes).default({}).describe('What work, plan, small and further roles stand for: PROVIDER/MODEL, or several, the preferred first.'),
    fallbacks: z.record(route, routes).default({}).describe('Which models are asked where one does not answer.'),
    providers: z.record(toolName, provider).default({}).describe('Providers of models, and servers of your own, by name.'),
  })
    .optional()
    .describe('Which models are asked, and how they are reached. Of a project it counts once it is trusted.'),
  repl: strict({
    theme: z.enum(['dark', 'light', 'plain']).optional().describe('The colours. Default: dark.'),
    screenReader: z.boolean().optional().describe('Lines alone: nothing is drawn twice, nothing moves. Default: false.'),
  })
    .optional()
    .describe('How a conversation with an agent looks on a terminal. Of a project it counts once it is trusted.'),
  tools: strict({
    paths: z
      .array(
        z
          .string()
          .min(1)
          .max(4096)
          .regex(PLAIN_PATH, 'a path, without ~ for home'),
      )
      .max(100)
      .default([])
      .describe("Further folders with tool manifests, relative to this file's folder."),
  })
    .prefault({})
    .describe('Where tools are found beside manifests/ and .toka/tools/.'),
}).describe('Configuration of toka. It is data, never code.');

export type FlowDeclaration = z.output<typeof flow>;
export type LimitDeclaration = z.output<typeof limit>;
export type ModelsDeclaration = NonNullable<z.output<typeof configFile>['models']>;
export type RuleDeclaration = z.output<typeof rule>;
export type ConfigDeclaration = z.output<typeof configFile>;
