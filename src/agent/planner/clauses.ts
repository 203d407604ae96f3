/** Words that begin an order; where one follows `and` or a comma, another order begins. */
const VERBS = new Set(
  'add analyse analyze append apply archive ask build calculate call change check clean close commit compare compile compress compute convert copy count create decode decrypt delete deploy describe diff download draw dump echo edit email encode encrypt estimate evaluate execute explain export extract fetch fill filter find fix format generate get give grep hash import insert inspect install invoke join list load lock look lookup mail make measure merge monitor mount move open pack parse patch ping plot post predict print process publish pull push put query read rebuild record remove rename render repair replace report resize resolve restart restore run save scale scan schedule search send set show solve sort split start stop store summarise summarize sync tail take tell test transform translate truncate turn unpack update upgrade upload use validate verify watch write zip'.split(' '),
);

const QUOTED = /"[^"]*"|“[^”]*”|`[^`]*`|(?<!\S)'[^']*'(?=[\s.,;:!?)]|$)/g;
const GREETING = /^(?:hi|hello|hey|thanks|thank you|ok|okay|please|good (?:morning|evening|day))\b[\s\p{L}]{0,20}$/iu;
const POLITE = /^(?:please|kindly|(?:could|can|would|will) you|i (?:want|need|would like)(?: you)? to|i'd like(?: you)? to|let's|let us|now|also|first|finally|and)\b[\s,]*/iu;

/**
 * The orders that stand in a text, one after another: at the ends of sentences, at `;`, `then`, and where `and` or a comma stands before a verb. What stands in
 * quotes stays whole.
 */
export function clausesOf(text: string): string[] {
  const hidden = text.replaceAll(QUOTED, (quoted) => '_'.repeat(quoted.length));
  const parts: string[] = [];
  let from = 0;
  for (const { 0: separator, index } of hidden.matchAll(/[;\n]+|(?<=[^\s./])[.!?]+(?=\s|$)|,?\s+(?:and\s+)?(?:then|afterwards|after that)\b[\s,]*|,?\s+and\s+|,\s+/giu)) {
    if (/^,?\s+and\s+$|^,\s+$/i.test(separator) && !isOrder(hidden.slice(index + separator.length))) continue;
    parts.push(text.slice(from, index));
    from = index + separator.length;
  }
  return [...parts, text.slice(from)].map(withoutManners).filter((clause) => clause !== '' && !GREETING.test(clause));
}

function withoutManners(clause: string): string {
  const shorter = clause.trim().replace(POLITE, '');
  return shorter === clause ? clause : withoutManners(shorter);
}

/** Whether it begins with what is to be done. */
export function isOrder(clause: string): boolean {
  return VERBS.has(/^\p{L}+/u.exec(clause)?.[0].toLowerCase() ?? '');
}

/** Why an order cannot be followed as it is said: it depends on what comes out, or says what not to do. */
export function obstacleOf(clause: string): string | undefined {
  if (/^(?:if|when|whenever|unless|until|while|for each|for every|for all|in case|otherwise|else)\b/i.test(clause)) return 'it depends on something';
  return /\b(?:don['’]?t|do not|never|must not|mustn['’]?t|not|except|instead of)\b/i.test(clause) ? 'it says what not to do' : undefined;
}
