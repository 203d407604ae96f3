import { readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import type { Tool } from '../../manifest/tool.ts';
import { partSecrets } from '../../manifest/secret-parts.ts';
import type { Taint } from '../../pipeline/agent/port.ts';
import type { Theme } from './theme.ts';
import { exact } from './width.ts';

/** Bytes of a file up to which it is compared. */
const MAX_BYTES = 1024 * 1024;
const MAX_LINES = 200;
const MAX_VALUE = 2000;

interface Edit {
  readonly find?: unknown;
  readonly replace?: unknown;
  readonly all?: unknown;
  readonly insertAfter?: unknown;
  readonly text?: unknown;
}

/** What exactly a call would do: the difference that it makes to a file, or its parameters in full. */
export function detailsOf(tool: Tool, params: Readonly<Record<string, unknown>>, cwd: string, theme: Theme): string[] {
  const change = afterwards(tool, params, cwd);
  if (change) return difference({ ...change, path: relative(cwd, resolve(cwd, change.path)) }, theme);
  const { clean } = partSecrets(tool.params, params);
  return Object.entries(clean as typeof params).flatMap(([name, value]) => {
    const text = exact(typeof value === 'string' ? value : JSON.stringify(value));
    const [first = '', ...rest] = (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}… (${text.length} letters)` : text).split('\n');
    return [`  ${theme.quiet(`${exact(name)}:`)} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
}

/** A value that would go where somebody else may have chosen it to go, and where it was seen. */
export function taintDetails(tool: Tool, { origins, parameter, role, seenIn, value }: Taint, theme: Theme): string[] {
  return [
    `${theme.warning('!')} ${exact(tool.qualified)}: its ${role} was not chosen by you`,
    `  ${theme.quiet(`${exact(parameter)}:`)} ${theme.strong(exact(value.slice(0, MAX_VALUE)))}`,
    `  ${theme.quiet('comes from')} ${origins.join(', ')}${seenIn === undefined ? '' : `, seen in ${exact(seenIn)}`}`,
  ];
}

interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Lines of a unified diff. */
export function difference({ path, before, after }: Change, theme: Theme): string[] {
  if (before === after) return [theme.quiet(`${exact(path)} stays as it is`)];
  const whole = createTwoFilesPatch(path, path, before, after, undefined, undefined, { context: 3 });
  const patch = whole.slice(whole.indexOf('--- ')).trimEnd().split('\n');
  const lines = patch.slice(0, MAX_LINES).map((line) => {
    const text = exact(line);
    if (line.startsWith('+')) return theme.added(text);
    return line.startsWith('-') ? theme.removed(text) : line.startsWith('@@') ? theme.accent(text) : text;
  });
  return patch.length > MAX_LINES ? [...lines, theme.warning(`… and ${patch.length - MAX_LINES} more lines`)] : lines;
}

/** Of the bundled tools it is known what they will write. */
function afterwards({ qualified }: Tool, params: Readonly<Record<string, unknown>>, cwd: string): Change | undefined {
  const path = typeof params['path'] === 'string' ? params['path'] : undefined;
  if (path === undefined) return undefined;
  const before = textOf(resolve(cwd, path));
  if (before === undefined) return undefined;
  if (qualified === 'files/file-writer') return written(path, before, params);
  return qualified === 'files/file-editor' ? edited(path, before, params) : undefined;
}

function written(path: string, before: string, { content, mode, encoding }: Readonly<Record<string, unknown>>): Change | undefined {
  if (typeof content !== 'string' || encoding === 'base64') return undefined;
  return { path, before, after: mode === 'append' ? before + content : content };
}

function edited(path: string, before: string, { edits, ...single }: Readonly<Record<string, unknown>>): Change | undefined {
  let after = before;
  for (const edit of (Array.isArray(edits) ? edits : [single]) as Edit[]) {
    const next = applied(after, edit);
    if (next === undefined) return undefined;
    after = next;
  }
  return { path, before, after };
}

function applied(text: string, { all, find, insertAfter, replace, text: lines }: Edit): string | undefined {
  if (typeof find === 'string' && typeof replace === 'string') return all === true ? text.replaceAll(find, () => replace) : text.replace(find, () => replace);
  if (typeof insertAfter !== 'number' || typeof lines !== 'string') return undefined;
  const rows = text.split('\n');
  return [...rows.slice(0, insertAfter), lines.replace(/\n$/, ''), ...rows.slice(insertAfter)].join('\n');
}

/** Empty where there is no file yet; undefined where it is none that can be shown. */
function textOf(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return '';
    return stat.isFile() && stat.size <= MAX_BYTES ? new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) : undefined;
  } catch {
    return undefined;
  }
}
