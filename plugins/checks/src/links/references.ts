import { normalizeIdentifier } from 'micromark-util-normalize-identifier';
import type { Markdown } from '../documents/markdown.ts';
import { SpanSet } from '../documents/spans.ts';
import type { Problem } from './model.ts';

/** Definitions that nothing refers to, and labels defined twice. `[//]: # (…)` and the like are comments. */
export function definitionProblems(markdown: Markdown): Problem[] {
  const seen = new Map<string, string>();
  return markdown.links.flatMap((link): Problem[] => {
    const { label, destination, start, end } = link;
    if (label === undefined || destination === '#' || destination === '' || label === '//' || /^(?:comment|\/{2,}|#)/i.test(label))
      return [];
    const first = seen.get(label);
    if (first !== undefined) {
      if (first === destination) return [];
      return [
        {
          start,
          end,
          kind: 'duplicate-definition',
          severity: 'warning',
          message: `[${label.toLowerCase()}] is defined twice; the first definition counts`,
        },
      ];
    }
    seen.set(label, destination);
    if (markdown.referenced.has(label)) return [];
    return [{ start, end, kind: 'unused-definition', severity: 'warning', message: `nothing refers to [${label.toLowerCase()}]` }];
  });
}

const reference = /\[((?:[^[\]\\]|\\.){1,300})\]\[((?:[^[\]\\]|\\.){0,300})\]/g;
const spaced =
  /\]\(([^()<>\n"']{0,200}[^()<>\n"'\s][ \t][^()<>\n"']{1,200}\.(?:mdx?|html?|png|jpe?g|gif|svg|webp|pdf|txt)(?:#[^\s()]{0,200})?)\)/g;

/**
 * What people meant as a link and the format doesn't take for one: `[text][label]` without a definition, `[text](a path with spaces.md)`.
 */
export function phrasingProblems(text: string, markdown: Markdown): Problem[] {
  const hidden = new SpanSet([...markdown.inline, ...markdown.code, ...markdown.html]);
  const defined = new Set(markdown.links.flatMap(({ label }) => label ?? []));
  return markdown.phrasing.flatMap(({ start, end }) => {
    const part = text.slice(start, end);
    if (!part.includes('](') && !part.includes('][')) return [];
    return [...undefinedReferences(part, start, hidden, defined), ...spacedDestinations(part, start, hidden)];
  });
}

function undefinedReferences(part: string, offset: number, hidden: SpanSet, defined: ReadonlySet<string>): Problem[] {
  return [...part.matchAll(reference)].flatMap((found): Problem[] => {
    const [whole, words = '', label = ''] = found;
    const start = offset + found.index;
    const joint = start + 1 + words.length;
    const name = label === '' ? words : label;
    if (hidden.touches(joint, start + whole.length) || defined.has(normalizeIdentifier(name)) || !isLabel(words, name)) return [];
    if (/[\w\])\\$]$/.test(part.slice(0, found.index)) || /^[[(:]/.test(part.slice(found.index + whole.length))) return [];
    return [
      {
        start,
        end: start + whole.length,
        kind: 'undefined-reference',
        severity: 'error',
        message: `there is no definition [${name}]: …`,
      },
    ];
  });
}

/** Brackets of mathematics, expressions and task lists are no labels. */
function isLabel(words: string, label: string): boolean {
  return /\p{L}{2}/u.test(words.replaceAll(/\\./g, '')) && /[\p{L}\d]/u.test(label) && !/^[\^!]|[\\${}=*|]|^\s*$/.test(label);
}

function spacedDestinations(part: string, offset: number, hidden: SpanSet): Problem[] {
  return [...part.matchAll(spaced)].flatMap((found): Problem[] => {
    const destination = found[1] ?? '';
    const start = offset + found.index + 2;
    const end = start + destination.length;
    if (hidden.touches(start, end) || /^[a-z][a-z0-9+.-]+:/i.test(destination)) return [];
    const message = 'a destination with spaces is not a link; write them as %20';
    return [{ start, end, kind: 'space', severity: 'error', message, suggestion: destination.trim().replaceAll(' ', '%20') }];
  });
}
