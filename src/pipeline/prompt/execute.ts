import type { JsonValue } from '@toka/sdk';
import { escapeGlob } from '../../capability/glob.ts';
import { touches } from '../../capability/policy.ts';
import { TokaError, toTokaError } from '../../errors.ts';
import type { Candidate, ModelUsage, Prompt } from '../../model/port.ts';
import type { House } from '../house.ts';
import { limitedSignal } from '../limited-signal.ts';
import type { PromptRequest } from '../request.ts';
import { Halt, type Run, settled } from '../run.ts';

/** Asks the first of the models that answers, of those that may be asked. */
export async function executePrompt(run: Run, request: PromptRequest, house: House): Promise<Run> {
  const limited = limitedSignal(run, house);
  try {
    const models = await house.models();
    const candidates = allowed(await request.candidates(), run, house);
    const reply = await models.ask(candidates, affordable(run, request.prompt), { signal: limited.signal, onEvent: request.onReply });
    const output = reply.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    return {
      ...run,
      usedByModel: reply.usage,
      completion: { output, outputBytes: Buffer.byteLength(output), truncated: false, exitCode: 0, pieces: [], data: reply as unknown as JsonValue },
    };
  } catch (thrown) {
    const error = toTokaError(limited.signal.aborted ? limited.signal.reason : thrown);
    const used = error.data?.['usage'] as ModelUsage | undefined;
    throw used ? new Halt({ ...run, usedByModel: used }, error) : error;
  } finally {
    limited.end();
  }
}

/** The same, with an answer that is no longer than what is left of the budget. */
function affordable({ mostByModel: most, share }: Run, prompt: Prompt): Prompt {
  const { tokens = Infinity, money = Infinity } = share?.left ?? {};
  if (!most) return prompt;
  const paid = most.price && most.price.outputToken > 0 ? (money - most.price.input) / most.price.outputToken : Infinity;
  const output = Math.max(1, Math.floor(Math.min(tokens - most.inputTokens, paid)));
  return output < Infinity ? { ...prompt, maxOutputTokens: Math.min(prompt.maxOutputTokens ?? Infinity, output) } : prompt;
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
