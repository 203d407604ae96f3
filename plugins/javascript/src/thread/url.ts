interface Question {
  readonly url?: string;
  readonly base?: string;
  readonly name?: string;
  readonly value?: string;
  readonly query?: string;
  readonly entries?: [string, string][];
}

const CHANGEABLE = ['protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;

/** Reads, changes or writes a URL or its query for code in an isolate: both texts are JSON. */
export function answerUrl(text: string): string {
  const { url = '', base, name, value = '', query, entries } = JSON.parse(text) as Question;
  if (query !== undefined) return JSON.stringify([...new URLSearchParams(query)]);
  if (entries !== undefined) return JSON.stringify(String(new URLSearchParams(entries)));
  const parsed = URL.parse(url, base);
  if (parsed === null) return 'null';
  const changed = CHANGEABLE.find((each) => each === name);
  if (changed !== undefined) parsed[changed] = value;
  return JSON.stringify({ href: parsed.href, origin: parsed.origin, ...Object.fromEntries(CHANGEABLE.map((each) => [each, parsed[each]])) });
}
