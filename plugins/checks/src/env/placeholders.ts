/** What templates put where a person should write, each as the whole value. */
const PLACEHOLDERS: readonly RegExp[] = [
  /^(change|replace|fill|update|edit|set)[-_ ]?(me|this|it)([-_ ]?(in|out|now|please))?[!.]*$/i,
  /^(todo|fixme|tbd|xxx+|placeholder|dummy|redacted|undefined|n\/a)\b[^=]{0,40}$/i,
  /^(.)\1{2,}$/,
  /^x[-x_ ]{2,}$/i,
  /^<[^<>]+>$/,
  /^\[[a-z][^[\]"',]*\]$/i,
  /^\{\{[^{}]+\}\}$/,
  /^%[A-Z_]+%$/,
  /^\.{2,}$|^…$/,
  /^your[-_ ].+/i,
  /^(my|put|insert|enter|paste|add|some|the|replace)[-_ ].*(key|token|secret|password|passwd|value|id|here|name)$/i,
  /^[\w -]*[-_ ](here|goes[-_ ]here|changeme|change[-_]me|placeholder)$/i,
  /^[a-z]{1,4}[-_](live|test|ant|proj)?[-_]?(x{3,}|\.{3}|\*{3,}|your\b.*)$/i,
];

/** Whether a value stands for one that a person still has to write. `000` and `111` are figures, not placeholders. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  if (text === '' || text.length > 200 || /^\d+$/.test(text)) return false;
  return PLACEHOLDERS.some((pattern) => pattern.test(text));
}
