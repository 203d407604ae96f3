import { coded } from '@toka/sdk';

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const EXTRAS = `\\[\\s*${NAME}(?:\\s*,\\s*${NAME})*\\s*\\]`;
const VERSION = '(?:===|==|~=|!=|<=|>=|<|>)\\s*[A-Za-z0-9.*+!_-]+';
/** The dependency specifiers of Python's packaging (PEP 508) without addresses. */
const REQUIREMENT = new RegExp(`^${NAME}\\s*(?:${EXTRAS})?\\s*(?:${VERSION}(?:\\s*,\\s*${VERSION})*)?\\s*(?:;[ \\w.'"<>=!~()-]+)?$`);

/**
 * Refuses what is no name of a package with versions: options of pip, addresses and paths would install from elsewhere.
 *
 * @throws `REQUIREMENT_INVALID`
 */
export function demandRequirement(text: string): void {
  if (text.length <= 500 && REQUIREMENT.test(text)) return;
  throw coded('REQUIREMENT_INVALID', `expected the name of a package and its versions, found ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'write for instance requests==2.32.3, or pandas[excel]>=2,<3',
  });
}
