import { Composer, isAlias, isMap, isScalar, isSeq, Parser } from 'yaml';
import type { Document, Node, ParsedNode, Scalar, YAMLMap } from 'yaml';
import type { JsonObject, JsonValue } from '@toka/sdk';
import { quote, type Issue, type Path, type Position } from './issue.ts';

const MAX_DEPTH = 64;
const MAX_SYNTAX_ERRORS = 20;

/** A value with the positions of its parts. */
export interface Parsed {
  readonly value: JsonValue;
  /** Things that YAML allows and we do not (aliases, duplicate keys, tags …). Where there are any, the value is not to be used. */
  readonly issues: readonly Issue[];
  /** The position of a part, or of the nearest part around it that exists. */
  locate(path: Path, at?: 'key' | 'value'): Position;
  /** The text of a plain value as it is written, without quotes. */
  sourceOf(path: Path): string | undefined;
}

/** What is wrong with the text itself, with positions. */
export interface SyntaxProblem {
  readonly issue: Issue;
  readonly position: Position;
}

export type ParseResult = Parsed | { readonly syntax: readonly SyntaxProblem[] };

/**
 * Parses YAML 1.2 or JSON into plain JSON data. It is safe on hostile text: no tags, no aliases, no `__proto__`, at most 64 levels.
 *
 * @param text The text; CRLF and a byte order mark are accepted. An empty text has the value `null`.
 * @returns The value with its positions, or what is wrong with the syntax.
 */
export function parseYaml(text: string): ParseResult {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const failed = (code: Issue['code'], expected: string, offset: number): ParseResult => ({
    syntax: [{ issue: { path: [], code, expected }, position: positionAt(source, offset) }],
  });
  const deep = findDeepNesting(source);
  if (deep !== undefined) return failed('too-deep', `at most ${MAX_DEPTH} levels`, deep);
  let documents: Document.Parsed[];
  try {
    documents = compose(source);
  } catch (error) {
    if (error instanceof RangeError) return failed('too-deep', `at most ${MAX_DEPTH} levels`, 0);
    throw error;
  }
  const [document, second] = documents;
  if (document === undefined) return { value: null, issues: [], locate: () => ({ line: 1, column: 1 }), sourceOf: () => undefined };
  const syntax = syntaxProblems(document, source);
  if (syntax.length > 0) return { syntax };
  if (second !== undefined) return failed('several-documents', 'one document in the file', second.range[0]);
  return convert(document, source);
}

function compose(source: string): Document.Parsed[] {
  const composer = new Composer({
    prettyErrors: false,
    resolveKnownTags: false,
    stringKeys: true,
    // The library's own check compares every pair of keys; ours is in `mapValue`.
    uniqueKeys: false,
  });
  const documents: Document.Parsed[] = [];
  for (const document of composer.compose(new Parser().parse(source), true, source.length)) {
    documents.push(document);
    if (documents.length === 2) break;
  }
  return documents;
}

/** Brackets nested deeper than the limit, even inside strings: the composer would recurse as deep. Blocks are counted by their indentation. */
function findDeepNesting(source: string): number | undefined {
  let depth = 0;
  for (let index = 0; index < source.length; index += 1) {
    const unit = source.charCodeAt(index);
    if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH * 16) return index;
    } else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth -= 1;
  }
  return undefined;
}

function syntaxProblems(document: Document.Parsed, source: string): SyntaxProblem[] {
  const version = document.directives.yaml;
  const found = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_ERRORS).map(
    (error): SyntaxProblem => ({
      issue: {
        path: [],
        code: error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'syntax',
        expected: error.code === 'TAG_RESOLVE_FAILED' ? 'a value without a tag' : 'well-formed YAML',
        found: error.message.replace(/\s+/g, ' ').slice(0, 200),
      },
      position: positionAt(source, error.pos[0]),
    }),
  );
  if (version.explicit === true && version.version !== '1.2') {
    found.push({
      issue: { path: [], code: 'syntax', expected: 'YAML 1.2', found: `YAML ${version.version}` },
      position: { line: 1, column: 1 },
    });
  }
  return found;
}

interface Walk {
  readonly issues: Issue[];
  readonly path: (string | number)[];
}

function convert(document: Document.Parsed, source: string): Parsed {
  const walk: Walk = { issues: [], path: [] };
  const value = toValue(document.contents, walk);
  return {
    value,
    issues: walk.issues,
    locate: (path, at = 'value') => positionAt(source, offsetOf(document.contents, path, at)),
    sourceOf: (path) => {
      const node = path.reduce<Node | null>((around, part) => child(around, part)?.value ?? null, document.contents);
      return isScalar(node) ? node.source : undefined;
    },
  };
}

function toValue(node: ParsedNode | Node | null, walk: Walk): JsonValue {
  if (node === null) return null;
  if (isScalar(node)) return scalarValue(node, walk);
  if (walk.path.length >= MAX_DEPTH) return report(walk, { code: 'too-deep', expected: `at most ${MAX_DEPTH} levels` });
  if (isMap(node)) return mapValue(node, walk);
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      walk.path.push(index);
      const value = toValue(item as Node | null, walk);
      walk.path.pop();
      return value;
    });
  }
  if (isAlias(node)) return report(walk, { code: 'alias', expected: 'the value written out', found: quote(`*${node.source}`) });
  return report(walk, { code: 'syntax', expected: 'a map, a list or a plain value' });
}

function mapValue(node: YAMLMap, walk: Walk): JsonValue {
  const value: JsonObject = {};
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value ?? '') : '';
    walk.path.push(key);
    if (key === '__proto__') report(walk, { at: 'key', code: 'unknown-key', expected: 'another name for the key' });
    else if (Object.hasOwn(value, key)) report(walk, { at: 'key', code: 'duplicate-key', expected: 'each key once' });
    else value[key] = toValue(pair.value as Node | null, walk);
    walk.path.pop();
  }
  return value;
}

function scalarValue(node: Scalar, walk: Walk): JsonValue {
  const { value } = node;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'number') return report(walk, { code: 'wrong-type', expected: 'a plain value' });
  if (!Number.isFinite(value)) return report(walk, { code: 'bad-value', expected: 'a finite number', found: node.source ?? String(value) });
  if (!Number.isSafeInteger(value) && /^[-+]?\d+$/.test(node.source ?? '')) {
    return report(walk, { code: 'bad-value', expected: 'a number that is exact in 53 bits', found: quote(node.source) });
  }
  return value;
}

function report(walk: Walk, issue: Omit<Issue, 'path'>): null {
  walk.issues.push({ ...issue, path: [...walk.path] });
  return null;
}

function offsetOf(root: Node | null, path: Path, at: 'key' | 'value'): number {
  let node = root;
  let key: Node | null = root;
  for (const part of path) {
    const next = child(node, part);
    if (next === undefined) break;
    ({ key, value: node } = next);
  }
  const target = at === 'key' ? (key ?? node) : (node ?? key);
  return target?.range?.[0] ?? 0;
}

function child(node: Node | null, part: string | number): { key: Node | null; value: Node | null } | undefined {
  if (isMap(node)) {
    // The last one, so that a duplicate key is shown where it is repeated.
    const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value ?? '') === part);
    return pair === undefined ? undefined : { key: pair.key as Node, value: (pair.value ?? pair.key) as Node };
  }
  if (!isSeq(node) || typeof part !== 'number' || part >= node.items.length) return undefined;
  const item = node.items[part] as Node | null;
  return { key: item, value: item };
}

function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}
