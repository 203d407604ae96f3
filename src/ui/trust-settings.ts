import type { Config, FlowRule, ModelsConfig, ProviderConfig } from '../config/config.ts';
import type { Hook } from '../manifest/hook.ts';
import { quote } from './help.ts';
import { retentionText } from './retention-text.ts';

/** What a configuration decides beside its grants once it is trusted, line by line: whoever trusts it agrees to each of them. */
export function settingsText({ tools, prefer, storage, retention, engine, hooks = [], flows, models, repl }: Config): string[] {
  return [
    ...tools.paths.map((path) => `further tools are those in ${path}`),
    ...Object.entries(prefer).map(([name, source]) => `${name} means ${source}/${name}`),
    ...(storage ? [`the journal is kept in ${placed(storage.backend, storage.location)}`] : []),
    ...(retention && Object.keys(retention).length > 0 ? [`toka runs prune drops what runs hold beyond ${retentionText(retention)}`] : []),
    ...(engine ? [`runs are given to the engine ${placed(engine.id, engine.location)}`] : []),
    ...hooks.map(hookText),
    ...(flows?.trusted ?? []).map((name) => `what ${name} says counts as if it came from you`),
    ...(flows?.allow ?? []).map(flowText),
    ...(models ? modelsText(models) : []),
    ...(repl?.theme === undefined ? [] : [`conversations have the colours ${repl.theme}`]),
    ...(repl?.screenReader === undefined ? [] : [`conversations are ${repl.screenReader ? 'lines alone' : 'drawn'}`]),
  ];
}

function placed(name: string, location: string | undefined): string {
  return location === undefined ? name : `${name} at ${location}`;
}

function hookText({ on, tools, run }: Hook): string {
  const what = run.kind === 'tool' ? `the tool ${run.tool}${Object.keys(run.params).length === 0 ? '' : ` with ${JSON.stringify(run.params)}`}` : run.argv.map(quote).join(' ');
  return `${on.replace('-', ' ')}${tools.length === 0 ? '' : ` (${tools.join(', ')})`} of an agent it runs ${what}`;
}

function flowText({ tool, parameter, values, origins }: FlowRule): string {
  const what = values === undefined ? 'any value' : values.join(', ');
  return `an agent may pass ${what}${origins === undefined ? '' : ` that stems from ${origins.join(', ')}`} on to ${tool}${parameter === undefined ? '' : `, as ${parameter}`}, without a question`;
}

function modelsText({ roles, fallbacks, providers }: ModelsConfig): string[] {
  return [
    ...Object.entries(roles).map(([role, routes]) => `${role} is the model ${routes.join(', ')}`),
    ...Object.entries(fallbacks).map(([route, others]) => `where ${route} does not answer, ${others.join(', ')} is asked`),
    ...Object.entries(providers).flatMap(([id, provider]) => providerText(id, provider)),
  ];
}

function providerText(id: string, { protocol, baseURL, keyEnv, keyFile, ...rest }: ProviderConfig): string[] {
  const others = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`]));
  return [
    ...(baseURL === undefined ? [] : [`${id} is asked at ${baseURL}, with your key for it`]),
    ...(protocol === undefined ? [] : [`${id} is spoken to as ${protocol}`]),
    ...(keyEnv === undefined ? [] : [`the key for ${id} is the variable ${keyEnv}`]),
    ...(keyFile === undefined ? [] : [`the key for ${id} is the file ${keyFile}`]),
    ...(others.length === 0 ? [] : [`of ${id} it also sets ${others.join(', ')}`]),
  ];
}
