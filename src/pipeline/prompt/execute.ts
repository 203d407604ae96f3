import type { JsonValue } from '@toka/sdk';
import { budgetExceeded, UNBOUNDED } from '../../capability/budgets.ts';
import { escapeGlob } from '../../capability/glob.ts';
import { touches } from '../../capability/policy.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import type { Candidate, Prompt } from '../../model/port.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import type { PromptRequest } from '../request.ts';
import { tokensAsked } from '../reservation.ts';
import { type Run, settled } from '../run.ts';

/** Asks the first of the models that answers, of those that may be asked. */
export async function executePrompt(run: Run, request: PromptRequest, house: House): Promise<Run> {
  const limited = limitedSignal(run, house);
  try {
    const models = await house.models();
    const candidates = allowed(await request.candidates(), run, house);
    const reply = await models.ask(candidates, within(request.prompt, request, run), { signal: limited.signal, onEvent: request.onReply });
    const output = reply.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    return {
      ...run,
      usedByModel: reply.usage,
      completion: { output, outputBytes: Buffer.byteLength(output), truncated: false, exitCode: 0, pieces: [], data: reply as unknown as JsonValue },
    };
  } catch (thrown) {
    throw limited.signal.aborted ? toTokaError(limited.signal.reason) : toTokaError(thrown);
  } finally {
    limited.end();
  }
}

/** The same, with an answer that is no longer than what is left of the budget. */
function within(prompt: Prompt, { params }: PromptRequest, { share }: Run): Prompt {
  const { left: { tokens }, bounds } = share ?? UNBOUNDED;
  if (tokens === undefined) return prompt;
  const most = Math.trunc(tokens - tokensAsked(params));
  if (most <= 0) throw budgetExceeded('tokens', bounds.tokens);
  return { ...prompt, maxOutputTokens: Math.min(prompt.maxOutputTokens ?? Infinity, most) };
}

/** One that stands in for another is asked only where it might have been asked itself. */
function allowed(candidates: readonly Candidate[], run: Run, house: House): readonly Candidate[] {
  const { route } = run.request as PromptRequest;
  const { principal } = run.request;
  const { denials } = house.policy();
  const may = (candidate: Candidate): boolean => {
    if (candidate.route === route) return true;
    const need = { domain: 'model', action: 'call', scope: escapeGlob(candidate.route) } as const;
    return principal.permits(need) !== undefined && !denials.some((denial) => touches(denial.capability, need));
  };
  const found = candidates.filter(may);
  if (found.length > 0) return found;
  throw new TokaError('TOKA_CAPABILITY_DENIED', `none of the models that stand for ${settled(run, 'tool').name} may be asked`, { hint: 'toka models list shows them' });
}
