import { stripVTControlCharacters } from 'node:util';

/** What differs from one occurrence of a message to the next, the most telling first. */
const VARIABLES: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`]+/gi, '<address>'],
  [/"[^"\n]*"|'[^'\n]*'|`[^`\n]*`/g, '<text>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/(?:[A-Za-z]:)?(?:\.{0,2}[\\/])?(?:[\w.@~-]+[\\/])+[\w.@~-]*|[\\/][\w.@~-]+/g, '<path>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<hash>'],
  [/\d+(?:[.,:]\d+)*/g, '<number>'],
];
const LENGTH = 200;

/** The message without what differs from one occurrence to the next: two that come from the same place become equal. */
export function templateOf(message: string): string {
  const line = stripVTControlCharacters(message).toWellFormed().replaceAll(/\s+/g, ' ').trim();
  const text = VARIABLES.reduce((rest, [pattern, name]) => rest.replaceAll(pattern, name), line.slice(0, 5 * LENGTH));
  return text.length > LENGTH ? `${text.slice(0, LENGTH - 1).toWellFormed()}…` : text;
}
