import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One check of the choke point: how it is removed, and the tests that must then fail. */
export interface Check {
  /** In choke-point.test.ts the test that holds it has the same name. */
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly code: string;
  /** What stands there instead. Default: nothing. */
  readonly without?: string;
  /** Default: `test/mutation/choke-point.test.ts`. */
  readonly heldBy?: string;
}

const capability = (check: Omit<Check, 'file' | 'heldBy'> & Partial<Check>): Check => ({ file: 'src/capability/authorize.ts', heldBy: 'test/capability/authorize.test.ts', ...check });
const stage = (name: string, ...checks: readonly Omit<Check, 'file'>[]): Check[] => checks.map((check) => ({ file: `src/pipeline/stages/${name}.ts`, ...check }));

export const CHECKS: readonly Check[] = [
  // What decides.
  capability({ name: 'level', code: `if (need.domain === 'net' && level !== 'elevated') return { by: 'level', level };` }),
  capability({ name: 'denial', code: 'denied(capability, rules) ?? obscured(', without: 'obscured(' }),
  capability({ name: 'denial by touch', code: `need.domain === 'fs' ? implies(rule.capability, need) : rules.touches(rule, need)`, without: 'implies(rule.capability, need)' }),
  capability({ name: 'denial within a tree', code: '...rules.denials.map(({ capability }) => capability), ' }),
  capability({ name: 'principal', code: 'const inherited = principal.permits(capability);', without: 'const inherited = { exceptSecrets: false };' }),
  capability({ name: 'who calls a tool', code: 'principal.permits(capability) ? denied(capability, rules) : { by: ', without: 'true ? denied(capability, rules) : { by: ', heldBy: 'test/capability/called.test.ts' }),
  capability({ name: 'a call that is denied', code: 'principal.permits(capability) ? denied(capability, rules) : ', without: 'principal.permits(capability) ? undefined : ', heldBy: 'test/capability/called.test.ts' }),
  { name: 'the call is asked for', file: 'src/capability/needs.ts', code: '...(isCalled ? { called: callOf(tool) } : {}),', heldBy: 'test/capability/needs.test.ts' },
  capability({ name: 'what the principal leaves out of a tree', code: ', ...principal.carvedOut' }),
  capability({ name: 'secrets that the principal lacks', code: '(inherited.exceptSecrets ? { ...each, exceptSecrets: true } : each)', without: 'each' }),
  capability({ name: 'grant', code: 'if (found.length === 0)', without: 'if (false)' }),
  capability({ name: 'the whole of what is required', code: 'if (!partly) return [];' }),
  capability({ name: 'grants for other tools', code: 'grants.filter((rule) => concernsTool(rule, toolNames))', without: 'grants' }),
  capability({ name: 'denials for other tools', code: 'denials.filter((rule) => concernsTool(rule, toolNames))', without: 'denials' }),
  capability({ name: 'asking', code: 'return unasked ? lacks(unasked) : {', without: 'return {' }),
  capability({ name: 'an administrator’s question needs an answer', code: `rule.isAdministrators ? ['answer'] : ['answer', 'flag']`, without: `['answer', 'flag']` }),
  capability({ name: 'a program that starts what nobody can foresee', code: ' ?? obscured(capability, needs, rules)' }),
  capability({ name: 'the file that a program really is', code: 'return real !== undefined && touches(rule, real);', without: 'return false;' }),
  capability({ name: 'a word for just this tool', code: '...(needs.consent === undefined ? [] : [consented(needs.consent, rules)]), ' }),
  { name: 'hosts that may be connected to', file: 'src/capability/reach.ts', code: 'granted.some((endpoint) => containsEndpoint(endpoint, { host, port })),', without: 'true,', heldBy: 'test/capability/reach.test.ts' },
  { name: 'hosts that are denied', file: 'src/capability/reach.ts', code: 'allows: (host, port) => !isDenied(host, port) && ', without: 'allows: (host, port) => ', heldBy: 'test/capability/reach.test.ts' },
  capability({ name: 'what is carved out, in use', file: 'src/capability/effective.ts', code: 'if (this.carvedOut.some((denied) => concerns(denied, domain, action, value))) return false;' }),
  capability({ name: 'secrets, in use', file: 'src/capability/effective.ts', code: ' && !(exceptSecrets === true && isSecretBearing(value))' }),
  capability({ name: 'secrets, in a grant', file: 'src/capability/effective.ts', code: ' && !(exceptSecrets === true && isSecretBearing(place))' }),
  { name: 'protected paths, in use', file: 'src/capability/effective.ts', code: ' && reaches(capability, value)', heldBy: 'test/capability/protected.test.ts' },
  { name: 'protected paths, in a grant', file: 'src/capability/effective.ts', code: '(reaches(capability, place) && ', without: '(', heldBy: 'test/capability/protected.test.ts' },
  { name: 'what no run sees', file: 'src/capability/authorize.ts', code: `return folder === undefined ? undefined : { by: 'hidden', folder };`, without: 'return undefined;', heldBy: 'test/capability/protected.test.ts' },
  { name: 'trust of a project', file: 'src/config/layers.ts', code: 'layers.filter((layer) => layer.trusted)', without: 'layers', heldBy: 'test/config/layers.test.ts' },
  { name: 'trust of just that text', file: 'src/capability/trust.ts', code: 'record.hash === trustHash(text)', without: 'true', heldBy: 'test/capability/trust.test.ts' },
  { name: 'window', file: 'src/capability/rate.ts', code: 'if (present.length >= runs)', without: 'if (false)', heldBy: 'test/capability/rate.test.ts' },
  { name: 'bucket', file: 'src/capability/rate.ts', code: 'if (retryAfterMs > 0)', without: 'if (false)', heldBy: 'test/capability/rate.test.ts' },
  { name: 'shortage of a budget', file: 'src/capability/budgets.ts', code: 'if (short !== undefined)', without: 'if (false)', heldBy: 'test/capability/budgets.test.ts' },
  { name: 'what others have reserved', file: 'src/capability/budgets.ts', code: ' - held;', without: ';', heldBy: 'test/capability/budgets.test.ts' },

  // The stages, in their order.
  ...stage('resolve', { name: 'unknown agent', code: `if (request.model === 'agent')`, without: 'if (false)' }, { name: 'digest of the code', code: 'manifestHash: withCode(manifest, code)', without: 'manifestHash: manifest' }, { name: 'the lock', code: 'return requireLocked({ ...run, tool, manifestHash: withCode(manifest, code) }, tool, code, house);', without: 'return { ...run, tool, manifestHash: withCode(manifest, code) };', heldBy: 'test/pipeline/locked.test.ts' }),
  { name: 'unknown tool', file: 'src/registry/resolve.ts', code: 'throw unknown(index, name);', without: `return index.find('file-reader')[0];` },
  ...stage('validate', { name: 'parameters', code: 'if (mismatches.length > 0)', without: 'if (false)' }),
  ...stage(
    'authorize',
    { name: 'a token that does not hold', code: 'run.request.principal.check();' },
    { name: 'principal of the request', code: 'principal: run.request.principal,', without: 'principal: { permits: () => ({ exceptSecrets: false }), carvedOut: [] },' },
    { name: 'built-in grants are for bundled tools', code: `if (tool.origin.kind !== 'bundled') return [];` },
    { name: 'built-in grants leave a home out', code: `root !== '/' && root !== anchors.realPath(anchors.home)`, without: 'true' },
    { name: 'built-in grants leave secrets out', code: ', exceptSecrets: true }', without: ' }' },
  ),
  ...stage(
    'approve',
    { name: 'what is missing is asked for', code: `for (const missing of settled(run, 'decision').missing) current = await ask(current, missing, house);` },
    { name: 'without a person what is missing is denied', code: 'if (!approver || !all.every(isGrantable))', without: 'if (!all.every(isGrantable))' },
    { name: 'what a rule denies is not asked for', code: 'if (!approver || !all.every(isGrantable))', without: 'if (!approver)' },
    { name: 'where values come from', code: `run.request.flow?.judge(settled(run, 'tool'), settled(run, 'params')) ?? []`, without: '[]', heldBy: 'test/pipeline/flow.test.ts' },
    { name: 'a person may deny a value', code: `if (answer.decision === 'deny')`, without: 'if (false)', heldBy: 'test/pipeline/flow.test.ts' },
    { name: 'a granted folder names no path outside of it', code: 'permission.consent !== undefined && permits(permission, need)', without: 'permission.consent !== undefined', heldBy: 'test/pipeline/flow.test.ts' },
    { name: 'a person may deny', code: `if (decision === 'deny')`, without: 'if (false)' },
    { name: 'what a person grants is authorized anew', code: 'const decided = await authorize(current, house);', without: 'const decided = current;' },
  ),
  { name: 'what code has heard', file: 'src/pipeline/children.ts', code: 'flow?.heard(await toolOf(tool, house), params, answer);', heldBy: 'test/pipeline/flow.test.ts' },
  { name: 'an agent that another one has started', file: 'src/pipeline/agent/execute.ts', code: '...(flow ? { above: flow } : {}),', heldBy: 'test/pipeline/flow.test.ts' },
  { name: 'a model that stands in for another', file: 'src/pipeline/prompt/execute.ts', code: '!denials.some((denial) => touches(denial.capability, need))', without: 'true', heldBy: 'test/pipeline/prompt.test.ts' },
  { name: 'the most that an agent may have', file: 'src/pipeline/agent/host.ts', code: 'reach: reachOf(agent,', without: 'reach: reachOf({ ...agent, tools: [], security: { level: agent.security.level, required: [], budget: {} } },', heldBy: 'test/agent/spec.test.ts' },
  { name: 'agents that an agent may start', file: 'src/pipeline/stages/authorize.ts', code: `(request.model === 'agent' || `, without: '(', heldBy: 'test/agent/spec.test.ts' },
  { name: 'labels for each call of an agent', file: 'src/agent/carry.ts', code: 'this.#host.call(tool.qualified, params, { flow })', without: 'this.#host.call(tool.qualified, params)', heldBy: 'test/pipeline/flow.test.ts' },
  { name: 'what an earlier call of the same step has left behind', file: 'src/agent/carry.ts', code: 'const answered = [...results];', without: 'const answered: LabelledResult[] = [];', heldBy: 'test/pipeline/flow.test.ts' },
  { name: 'a part of what was said', file: 'src/agent/labels/normal.ts', code: 'beside === undefined || !PART.test(beside)', without: 'true', heldBy: 'test/agent/labels/labels.test.ts' },
  { name: 'what was written by others’ word', file: 'src/agent/labels/labels.ts', code: `if (this.#isStirred && tool.effect !== 'none') found.add('file');`, heldBy: 'test/agent/labels/labels.test.ts' },
  ...stage(
    'admit',
    { name: 'depth', code: 'if (depth <= MAX_DEPTH) return', without: 'return' },
    { name: 'budget of the configuration', code: 'parent ? {} : house.budget', without: '{}' },
    { name: 'a budget is understood', code: 'if (asked) requireAmounts(asked);' },
  ),
  { name: 'a resumed run has at most the rights that it had', file: 'src/pipeline/resume.ts', code: 'principal : principal.within(granted),', without: 'principal : principal,', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a resumed run leaves out the secrets that it left out', file: 'src/pipeline/asked-again.ts', code: '...(exceptSecrets.includes(text) ? { exceptSecrets: true } : {}),', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a resumed run leaves out what was denied', file: 'src/pipeline/asked-again.ts', code: 'new EffectiveSet(permissions, carvedOut.map((text) => parseCapability(moved(text))))', without: 'new EffectiveSet(permissions)', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a run is resumed by whoever asked for it', file: 'src/pipeline/resume.ts', code: '  requireOwn(found, principal);\n', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a person alone says how a run ended', file: 'src/pipeline/resume.ts', code: 'if (principal.bond) throw', without: 'if (false) throw', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'what nobody knows is not done again unasked', file: 'src/pipeline/resume.ts', code: 'if (unknown.length > 0 && !retry)', without: 'if (false)', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a call that nobody knows of is not made again unasked', file: 'src/pipeline/calls.ts', code: 'if (isUnknown(call) && !retry.has(call.run))', without: 'if (false)', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a call that differs from the record', file: 'src/pipeline/calls.ts', code: 'if (difference !== undefined) return fail(', without: 'if (false) return fail(', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'the tool of a resumed run', file: 'src/pipeline/stages/unchanged.ts', code: 'if (before.tool !== qualified || before.manifestHash !== run.manifestHash)', without: 'if (false)', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'the parameters of a resumed run', file: 'src/pipeline/stages/unchanged.ts', code: 'if (digestOf(before.params) !== digestOf(params))', without: 'if (false)', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'what a record says of bounds gives no rights', file: 'src/pipeline/resume.ts', code: '...boundsAgain(requested),', without: '...requested.bounds,', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'a recording holds no more than it may', file: 'src/pipeline/replay/retellable.ts', code: 'left -= bytes.byteLength;', heldBy: 'test/pipeline/replay.test.ts' },
  { name: 'what is done once more has at most the rights that it had', file: 'src/pipeline/replay/again.ts', code: 'principal: request.principal.within(rightsAgain(started, move.capability)),', without: 'principal: request.principal,', heldBy: 'test/pipeline/replay.test.ts' },
  { name: 'what was written is compared', file: 'src/pipeline/replay/divergence.ts', code: 'if (content) return', without: 'if (false) return', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'effects that are left out', file: 'src/pipeline/replay/divergence.ts', code: ' ?? notMade(recorded, made)', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'after what is not on record nothing is answered', file: 'src/runtime/replay-context.ts', code: 'if (refusal) throw refusal;', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'answers in the order in which they came', file: 'src/runtime/replay-context.ts', code: 'if (answer.turn) await turns?.wait(answer.turn);', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'what bears secrets is not recorded', file: 'src/runtime/record-context.ts', code: `hides(path) ? { lost: 'secret' } : { bytes }`, without: '{ bytes }', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'variables that hold secrets are not recorded', file: 'src/runtime/record-context.ts', code: 'SECRET_VARIABLE.test(name) || WITH_PASSWORD.test(value)', without: 'false', heldBy: 'test/runtime/replay-context.test.ts' },
  { name: 'what holds a secret of the run is not recorded', file: 'src/pipeline/recorded-event.ts', code: `return { lost: 'secret' };`, without: '{}', heldBy: 'test/pipeline/replay.test.ts' },
  { name: 'what is not kept is not answered', file: 'src/pipeline/replay/replay.ts', code: 'requireAnswered(calls, made);', heldBy: 'test/pipeline/replay.test.ts' },
  { name: 'what a tool does by itself is known before', file: 'src/runtime/tool-context.ts', code: 'await beforeChange();', heldBy: 'test/pipeline/resume.test.ts' },
  { name: 'rate limit', file: 'src/pipeline/reservation.ts', code: 'if (refusal) return refusal;' },
  { name: 'budget', file: 'src/pipeline/reservation.ts', code: 'draw(ledger, { run: run.id, accounts, most: mostOf(run) }, now)', without: '{ left: {}, bounds: {} }' },
  { name: 'budget of a token', file: 'src/pipeline/reservation.ts', code: 'tighter(ofTree, await drawOnTokens(', without: 'tighter(ofTree, ((..._: unknown[]) => ofTree)(' },
  { name: 'shortage of the budget of a token', file: 'src/capability/token-budgets.ts', code: 'if (rest <= 0)', without: 'if (false)', heldBy: 'test/capability/token-budgets.test.ts' },
  { name: 'a token has no more budget than the one before it', file: 'src/capability/token/chain.ts', code: 'if (more !== undefined)', without: 'if (false)', heldBy: 'test/capability/token/hostile.test.ts' },
  { name: 'a plan is lowered to the budget', file: 'src/pipeline/reservation.ts', code: 'plan: within(run.plan, share.left)', without: 'plan: run.plan' },
  { name: 'what is reserved is settled', file: 'src/pipeline/reservation.ts', code: 'if (!run.share) return undefined;', without: 'return undefined;' },
  { name: 'children draw on the budget', file: 'src/pipeline/children.ts', code: ', parent.budget && parent.id)', without: ')' },
  ...stage(
    'isolate',
    { name: 'network of code in the process', code: 'refuseNetwork(effective);' },
    { name: 'what was vouched for is what runs', code: 'requireUnchanged(run, house);' },
    { name: 'only bundled code runs in the process', code: `if (tool.executable.type === 'native' && tool.origin.kind === 'bundled')`, without: `if (tool.executable.type === 'native')` },
    { name: 'sandbox demand', code: 'await requireEnforcement(plan, house.demand);' },
  ),
  { name: 'scope unsupported', file: 'src/runtime/mounts.ts', code: `if (place !== undefined) return place === '' ? '/' : place;`, without: `return place ?? scope.prefix;` },
  ...stage('intent', { name: 'intent before effect', code: 'const durable = !isHarmless(run) || run.request.resumes !== undefined;', without: 'const durable = false;' }, { name: 'a refusal ends the run', code: 'if (admitted instanceof TokaError) throw admitted;' }),
  { name: 'time of code in the process', file: 'src/pipeline/limited-signal.ts', code: 'controller.abort(late())', without: 'undefined' },
  ...stage(
    'execute',
    { name: 'toka’s own folders are hidden', code: 'makeHidden(house.hidden, plan.mounts);' },
  ),
  ...stage(
    'check',
    { name: 'output of code in the process', code: 'if (!plan && outputBytes > (left.bytes ?? Infinity))', without: 'if (false)' },
    { name: 'stopped at a limit', code: 'if (completion.stopped !== undefined) throw stopped(tool, completion.stopped);' },
    { name: 'a failure is no success', code: 'if (failure) throw new Halt(checked, failure);' },
    { name: 'output schema', code: 'if (mismatches.length === 0) return;', without: 'return;' },
  ),
  // What is pruned.
  { name: 'what somebody has changed is not pruned', file: 'src/journal/prune.ts', code: 'if (summary && isAsRecorded(events, summary) && ', without: 'if (summary && ', heldBy: 'test/journal/prune.test.ts' },
  { name: 'what has lost a blob is not pruned', file: 'src/journal/prune.ts', code: ' && (await haveBlobs(events, transaction))', heldBy: 'test/journal/prune.test.ts' },
  { name: 'what has not ended is not pruned', file: 'src/journal/prune.ts', code: 'if (await isHeld(transaction, run, known)) throw active(run);', heldBy: 'test/journal/prune.test.ts' },
  { name: 'a blob stays that others name', file: 'src/journal/named-blobs.ts', code: 'return runs.size === 0 ?', without: 'return true ?', heldBy: 'test/journal/prune.test.ts' },
  { name: 'a blob stays that was named meanwhile', file: 'src/journal/prune.ts', code: 'await this.#named.goOn(transaction);', heldBy: 'test/journal/prune.test.ts' },
  { name: 'what is pruned is not found', file: 'src/journal/prune.ts', code: 'await forgetText(transaction, run);', heldBy: 'test/journal/search/search.test.ts' },
  { name: 'what was taken out meanwhile is not found', file: 'src/journal/search/search.ts', code: 'Buffer.compare(summary, now) === 0', without: 'true', heldBy: 'test/journal/search/search.test.ts' },
  { name: 'what is searched and begun anew meanwhile has no gap', file: 'src/journal/search/search.ts', code: 'if (position !== from) return position;', heldBy: 'test/journal/search/search.test.ts' },
  { name: 'what a run needs that may go on is not pruned', file: 'src/journal/retention.ts', code: 'left.filter(({ id }) => !held.has(id))', without: 'left', heldBy: 'test/journal/retention.test.ts' },
  { name: 'what was emptied without pruning is found', file: 'src/journal/audit.ts', code: 'else if (check.emptied > 0 && !isUntold) await this.#findEmptied(check.run);', heldBy: 'test/journal/verify.test.ts' },
  { name: 'what was put back is found', file: 'src/journal/audit.ts', code: 'return check.isPruned && check.emptied < seq - 1 ? this.#findRestored(run, seq) : undefined;', without: 'return undefined;', heldBy: 'test/journal/verify.test.ts' },
  { name: 'times of what was pruned', file: 'src/journal/audit.ts', code: 'if (check.hasOtherTimes)', without: 'if (false)', heldBy: 'test/journal/verify.test.ts' },
  { name: 'the summary of what was pruned', file: 'src/journal/audit-run.ts', code: 'if (prunedAt !== time || stateHash({ seq: event.events, state }) !== event.stateHash) return false;', heldBy: 'test/journal/verify.test.ts' },
  { name: 'a project says nothing of a shared journal', file: 'src/config/layers.ts', code: `!(isShared && origin === 'project')`, without: 'true', heldBy: 'test/config/layers.test.ts' },
  { name: 'nor of a journal that was chosen by hand', file: 'src/config/layers.ts', code: 'named ? named.location !== undefined : ', heldBy: 'test/config/layers.test.ts' },
  // What holds them together.
  { name: 'what was cancelled does not begin', file: 'src/pipeline/execute.ts', code: 'if (run.request.signal?.aborted === true && !run.completion)', without: 'if (false)' },
  { name: 'what is not recorded is no success', file: 'src/pipeline/execute.ts', code: 'unrecorded(error, fault)', without: 'error' },
  { name: 'secrets that a tool writes are not recorded', file: 'src/runtime/mask.ts', code: 'if (forms.length === 0) return NOTHING;', without: 'return NOTHING;', heldBy: 'test/pipeline/mask.test.ts' },
  { name: 'secrets are not recorded', file: 'src/pipeline/record.ts', code: 'partSecrets(tool.params, Object.fromEntries(entries)).clean as JsonValue', without: 'Object.fromEntries(entries) as JsonValue' },
];

/** What is wrong with the table itself: a check that its file does not hold exactly once, or a name that is used twice. */
export function faults(root: string): string[] {
  const drifted = CHECKS.filter(({ file, code }) => readFileSync(join(root, file), 'utf8').split(code).length !== 2);
  const names = CHECKS.map(({ name }) => name);
  return [
    ...drifted.map(({ name, file, code }) => `"${name}" does not stand exactly once in ${file}: ${code}`),
    ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `"${name}" names two checks`),
  ];
}
