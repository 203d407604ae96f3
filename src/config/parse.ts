import { expandAlias } from '../manifest/aliases.ts';
import { check } from '../manifest/zod-issues.ts';
import { quote, type Issue } from '../manifest/issue.ts';
import { checkHooks, toHook } from '../manifest/hook.ts';
import { issuesError, parseOrThrow } from '../manifest/load.ts';
import type { Parsed } from '../manifest/yaml.ts';
import { EMPTY_CONFIG, type Budget, type Config, type FlowRule, type Limit, type ModelsConfig, type Rate, type ReplConfig, type Retention, type Rule } from './config.ts';
import { type ConfigDeclaration, configFile, type FlowDeclaration, type LimitDeclaration, type ModelsDeclaration, type RuleDeclaration } from './schema.ts';

/** Says what is wrong with the text of a capability, or nothing. */
export type CheckCapability = (text: string) => string | undefined;

export interface ParseOptions {
  /** Whether the file can only take away: nothing in it may allow, prefer or add anything. Default false. */
  readonly narrowsOnly?: boolean;
}

/**
 * Parses the text of a configuration file, YAML or JSON. Loads zod and yaml: what only needs an unchanged file goes through `readConfig`.
 *
 * @param text The text; an empty one is an empty configuration.
 * @param file Where it stands, for messages.
 * @param checkCapability Default: only the shape of a capability is checked.
 * @throws TokaError TOKA_CONFIG_INVALID with the first place in `where` and every problem in `data.problems`.
 */
export function parseConfig(text: string, file: string, checkCapability: CheckCapability = () => undefined, { narrowsOnly = false }: ParseOptions = {}): Config {
  const parsed = parseOrThrow('TOKA_CONFIG_INVALID', text, file);
  if (parsed.value === null) return EMPTY_CONFIG;
  const checked = check(configFile, parsed.value, (path) => parsed.positions.sourceOf(path));
  if (!('data' in checked)) throw issuesError('TOKA_CONFIG_INVALID', file, checked.issues, parsed);
  const { budget, engine, flows, hooks, limits, models, plugins, policy, prefer, repl, retention, sandbox, storage, tools } = checked.data;
  const issues = [...LISTS.flatMap((list) => checkRules(list, policy[list], checkCapability)), ...checkKeys(models), ...checkHooks(hooks ?? [], ['hooks']), ...(narrowsOnly ? checkNarrows(checked.data) : [])];
  if (issues.length > 0) throw issuesError('TOKA_CONFIG_INVALID', file, issues, parsed);
  return {
    policy: { allow: toRules('allow', policy.allow, parsed), ask: toRules('ask', policy.ask, parsed), deny: toRules('deny', policy.deny, parsed) },
    prefer,
    sandbox: sandbox.require === undefined ? {} : { require: sandbox.require },
    limits: limits.map((limit, index) => toLimit(limit, parsed.positions.locate(['limits', index]).line)),
    budget: toBudget(budget),
    ...(hooks ? { hooks: hooks.map(toHook) } : {}),
    ...(flows ? { flows: { trusted: flows.trusted, allow: flows.allow.map(toFlowRule) } } : {}),
    ...(storage ? { storage: { backend: storage.backend, ...(storage.location === undefined ? {} : { location: storage.location }) } } : {}),
    ...(engine ? { engine: { id: engine.id, ...(engine.location === undefined ? {} : { location: engine.location }) } } : {}),
    ...(retention ? { retention: toRetention(retention) } : {}),
    ...(models ? { models: toModels(models) } : {}),
    ...(repl ? { repl: toRepl(repl) } : {}),
    ...(plugins ? { plugins } : {}),
    tools,
  };
}

function toFlowRule({ tool, parameter, values, origins }: FlowDeclaration): FlowRule {
  return { tool, ...(parameter === undefined ? {} : { parameter }), ...(values ? { values } : {}), ...(origins ? { origins } : {}) };
}

function toRepl({ screenReader, theme }: NonNullable<ConfigDeclaration['repl']>): ReplConfig {
  return { ...(screenReader === undefined ? {} : { screenReader }), ...(theme === undefined ? {} : { theme }) };
}

const LISTS = ['allow', 'ask', 'deny'] as const;

type List = (typeof LISTS)[number];

function checkNarrows({ engine, flows, hooks, models, policy, prefer, repl, retention, sandbox, storage, tools }: ConfigDeclaration): Issue[] {
  const widening = [
    [policy.allow.length > 0, ['policy', 'allow']],
    [Object.keys(prefer).length > 0, ['prefer']],
    [sandbox.require === 'watchdog', ['sandbox', 'require']],
    [flows !== undefined, ['flows']],
    [hooks !== undefined, ['hooks']],
    [storage !== undefined, ['storage']],
    [engine !== undefined, ['engine']],
    [models !== undefined, ['models']],
    [retention !== undefined, ['retention']],
    [repl !== undefined, ['repl']],
    [tools.paths.length > 0, ['tools', 'paths']],
  ] as const;
  return widening.flatMap(([isThere, path]): Issue[] =>
    isThere ? [{ path, at: 'key', code: 'conflict', expected: 'only what takes away: policy.ask, policy.deny and sandbox.require: hard' }] : [],
  );
}

function checkRules(list: List, rules: readonly RuleDeclaration[], checkCapability: CheckCapability): Issue[] {
  return rules.flatMap((rule, index) =>
    located(rule).flatMap(({ text, path }): Issue[] => {
      const at = ['policy', list, index, ...path];
      const wrong = text.includes('{') ? 'only the capabilities of a manifest hold {…}' : checkCapability(text);
      return wrong === undefined ? [] : [{ path: at, code: 'bad-value', expected: `a capability (${wrong})`, found: quote(text) }];
    }),
  );
}

/** The capabilities of a rule, each with its path in the rule. */
function located(rule: RuleDeclaration): { readonly text: string; readonly path: readonly (string | number)[] }[] {
  if (typeof rule === 'string') return [{ text: rule, path: [] }];
  if ('capability' in rule) return [{ text: rule.capability, path: ['capability'] }];
  return rule.capabilities.map((text, index) => ({ text, path: ['capabilities', index] }));
}

function toRules(list: List, rules: readonly RuleDeclaration[], { positions }: Parsed): Rule[] {
  return rules.map((rule, index) => ({
    capabilities: located(rule).flatMap(({ text }) => expandAlias(text)),
    ...(typeof rule === 'string' || rule.tools === undefined ? {} : { tools: rule.tools }),
    ...(typeof rule === 'string' || rule.reason === undefined ? {} : { reason: rule.reason }),
    line: positions.locate(['policy', list, index]).line,
  }));
}

function toLimit(limit: LimitDeclaration, line: number): Limit {
  const { tools, each, reason } = limit;
  return {
    rate: toRate(limit),
    ...(tools === undefined ? {} : { tools }),
    ...(each === undefined ? {} : { each }),
    ...(reason === undefined ? {} : { reason }),
    line,
  };
}

function toRate(limit: LimitDeclaration): Rate {
  if ('window' in limit) return { kind: 'window', runs: limit.window.runs, ms: limit.window.per };
  return { kind: 'bucket', runs: limit.bucket.runs, ms: limit.bucket.every };
}

function toRetention({ age, count, size }: { readonly [name in keyof Retention]: number | undefined }): Retention {
  return { ...(age === undefined ? {} : { age }), ...(count === undefined ? {} : { count }), ...(size === undefined ? {} : { size }) };
}

/** A key that stands where its variable should be named is not shown. */
function checkKeys(models: ModelsDeclaration | undefined): Issue[] {
  return Object.entries(models?.providers ?? {}).flatMap(([id, { keyEnv }]): Issue[] =>
    keyEnv === undefined || /^[A-Za-z_]\w{0,127}$/.test(keyEnv) ? [] : [{ path: ['models', 'providers', id, 'keyEnv'], code: 'bad-value', expected: 'the name of a variable such as ANTHROPIC_API_KEY, never the key itself' }],
  );
}

/** What a file leaves out is left out here, too. */
function toModels(models: ModelsDeclaration): ModelsConfig {
  return JSON.parse(JSON.stringify(models)) as ModelsConfig;
}

function toBudget({ calls, wall, cpu, bytes, tokens, money }: { readonly [name in keyof Budget]: number | undefined }): Budget {
  return {
    ...(calls === undefined ? {} : { calls }),
    ...(wall === undefined ? {} : { wall }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(money === undefined ? {} : { money }),
  };
}
