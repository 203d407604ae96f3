import { printCapability } from '../capability/grammar.ts';
import { isGrantable, type Lack, type Missing } from '../capability/policy.ts';
import { steeredBy } from '../capability/protected.ts';

/** Why a capability is missing, in words. */
export function reasonOf(lack: Lack): string {
  switch (lack.by) {
    case 'policy':
      return 'no rule grants it';
    case 'secret':
      return 'the built-in default leaves secret-bearing files out';
    case 'protected':
      return `a grant to write a tree leaves ${lack.part} out, which steers ${steeredBy(lack.part)}: only one that names it covers it`;
    case 'hidden':
      return `${lack.folder} is toka's own and hidden from every run, whatever is granted`;
    case 'level':
      return `the level ${lack.level} excludes it`;
    case 'principal':
      return `${lack.subject} does not have it`;
    case 'denial':
      return `denied by ${because(lack)}`;
    case 'ask':
      return `to be asked for each time, by ${because(lack)}`;
    case 'effect':
      return `its effect is ${lack.effect} and its risk ${lack.risk}, and no rule grants it by just this name`;
    case 'opaque':
      return `${lack.reason}, and ${lack.source} restricts programs`;
  }
}

/** What would grant what is missing. */
export function remedyOf(missing: readonly Missing[], tool: string, untrustedConfig: string | undefined): string {
  const beyond = missing.find((each) => !isGrantable(each));
  if (beyond) return remedyBeyondFlags(beyond.lack);
  if (missing.some(({ lack }) => lack.by === 'ask' && lack.isAdministrators)) return 'run it on a terminal, where a person can be asked';
  const flags = missing.map(({ capability }) => `--allow '${printCapability(capability)}'`).join(' ');
  if (missing.some(({ lack }) => lack.by === 'ask')) return `run it on a terminal, where a person can be asked, or with ${flags}`;
  const rule = missing.some(({ lack }) => lack.by === 'effect') ? ` with tools: [${tool}]` : '';
  const forGood =
    untrustedConfig === undefined || rule !== ''
      ? `or for good under policy.allow in your configuration${rule}`
      : `or see with toka trust --show whether ${untrustedConfig} grants it: it is not trusted, so its rules do not count`;
  return `grant it for this run with ${flags}, ${forGood}`;
}

/** No flag of this run grants it, but somebody else may. */
function remedyBeyondFlags(lack: Lack): string {
  if (lack.by === 'principal') return `${lack.subject} has to be given it first: where that run is started, or by whoever made the token`;
  if (lack.by === 'level') return 'its manifest would have to say a higher level; of code and commands --level says it';
  return 'this cannot be granted by a flag: see the reason above';
}

function because({ source, reason }: { readonly source: string; readonly reason?: string }): string {
  return `${source}${reason === undefined ? '' : `: ${reason}`}`;
}
