/** What the words in front of a date say about it. */
export type Label = 'created' | 'end' | 'later' | 'start' | 'updated';

const rules: readonly (readonly [Label, RegExp])[] = [
  [
    'updated',
    /^(?:page |document )?last[ _-]?(?:updated?|modified|reviewed|changed|edited|revised|verified|mod)(?:[ _-](?:on|at|date))?[:=|]?$/,
  ],
  ['updated', /^(?:updated|modified|revised|reviewed|edited)(?:[ _-]?(?:on|at|date))?[:=|]$/],
  ['updated', /^(?:date|time)[ _-]?(?:modified|updated)[:=|]$|^(?:modified|updated|revision)[ _-]?(?:date|time)[:=|]$/],
  ['created', /^(?:created|published|posted|released|written)(?:[ _-]?(?:on|at))?[:=|]$/],
  ['created', /^(?:date|(?:date|first)[ _-](?:created|published)|(?:creation|publication|publish|release|pub)[ _-]?date)[:=|]$/],
  ['start', /^(?:start|start[ _-]?date|starts(?: on)?|begin|begins|from|valid[ _-]from|effective[ _-](?:from|date)|since)[:=|]$/],
  ['end', /^(?:end|end[ _-]?date|ends(?: on)?|to|until|through|valid[ _-](?:until|to|through|till))[:=|]$/],
  [
    'later',
    /^(?:expir\w+|due|deadline|eol|end[ -]of[ -](?:life|support)|sunset|next[ _-])[\w -]*[:=|]?$/,
  ],
  [
    'later',
    /^(?:review[ _-](?:by|due)|scheduled|planned|target|event|when|eta)[\w -]*[:=|]?$/,
  ],
];

/**
 * Reads the label in front of a date: the whole text from the start of its line, markup left out.
 *
 * @param before The line up to the date, at most 120 characters.
 * @returns What it says, or `undefined` where the date stands in running text.
 */
export function labelOf(before: string): Label | undefined {
  const plain = before
    .replaceAll(/<[^<>]{0,100}>/g, '')
    .replaceAll(/[*_`"'>]{1,3}(?=[\s:=|]|$)|(?<=^|[\s:=|])[*_`"'>]{1,3}/g, '')
    .replaceAll('&nbsp;', ' ')
    .replace(/^[\s>|*+#;/-]+/, '')
    .replaceAll(/\s*([:=|])\s*/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .replace(/:\|$/, ':')
    .trim()
    .toLowerCase();
  const found = rules.find(([, pattern]) => pattern.test(plain));
  return found?.[0];
}

const ahead = words([
  'until|till|by|before|after|from|through|upcoming|future|next|will|shall|valid|due|deadline|eta|lts|maintenance|maximum|max',
  'begin\\w*|ends?|starts?|goals?|milestones?|examples?|e\\.g\\.|roadmap|eol|end[- ]of[- ](?:life|support|sale)',
  'deprecat\\w*|estimat\\w*|expect\\w*|expir\\w*|overflow\\w*|plan\\w*|remov\\w+|schedul\\w*|sunset\\w*|support\\w*|target\\w*',
]);
const discussed = words([
  'invalid|impossible|illegal|malformed|wrong|non-?existent|overflow\\w*|reject\\w*|throws?|fails?',
  "(?:does(?:n['’]t| not)|not) (?:a )?(?:exist|valid|real)",
]);

function words(lists: readonly string[]): RegExp {
  return new RegExp(`\\b(?:${lists.join('|')})\\b`, 'i');
}

/** Whether a line speaks of what is to come, so that a date in the future is no mistake. */
export function looksAhead(text: string): boolean {
  return ahead.test(text.replaceAll(/\S{1,200}:\/\/\S*/g, ''));
}

/** Whether a line speaks of wrong dates, so that one in it is no mistake. */
export function discussesMistakes(text: string): boolean {
  return discussed.test(text);
}
