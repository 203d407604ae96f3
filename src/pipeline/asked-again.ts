import type { JsonValue } from '@toka/sdk';
import { EffectiveSet } from '../capability/effective.ts';
import { parseCapability } from '../capability/grammar.ts';
import { TokaError } from '../errors.ts';
import type { Journal } from '../journal/contract.ts';
import type { Rights, RunRequested } from '../journal/events.ts';
import { MASKED } from '../manifest/secret-parts.ts';
import { valueOf } from './answer.ts';
import type { ToolRequest } from './request.ts';

/** What holds again of what was said beside a request, and nothing else that may stand there: a record gives no rights, whoever wrote it. */
export function boundsAgain({ bounds: { timeoutMs, budget, deny, frozen, record } = {} }: RunRequested): Pick<ToolRequest, 'timeoutMs' | 'budget' | 'deny' | 'frozen' | 'record'> {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(budget ? { budget } : {}),
    ...(deny ? { deny } : {}),
    ...(frozen === true ? { frozen } : {}),
    ...(record === true ? { record } : {}),
  };
}

/**
 * The parameters on record, and the names of those that hold a secret, which is not on record.
 *
 * @throws TokaError TOKA_INTEGRITY
 */
export async function paramsAgain({ params: kept }: RunRequested, journal: Journal): Promise<{ params: Readonly<Record<string, JsonValue>>; needs: string[] }> {
  const params = await valueOf(kept, journal);
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new TokaError('TOKA_INTEGRITY', 'expected the parameters of a run to be an object, found something else', { hint: 'toka audit verify tells what is damaged' });
  }
  return { params, needs: Object.keys(params).filter((name) => JSON.stringify(params[name]).includes(MASKED)) };
}

/**
 * What a run might do, as a limit of what it may do now.
 *
 * @param moved Says a capability of another folder. Default: as it is.
 */
export function rightsAgain({ effective, sources = [], exceptSecrets = [], carvedOut = [] }: Omit<Rights, 'level'>, moved: (capability: string) => string = (capability) => capability): EffectiveSet {
  const permissions = effective.map((text, at) => ({
    capability: parseCapability(moved(text)),
    source: sources[at] ?? '',
    ...(exceptSecrets.includes(text) ? { exceptSecrets: true } : {}),
  }));
  return new EffectiveSet(permissions, carvedOut.map((text) => parseCapability(moved(text))));
}
