import { Composer, isAlias, isMap, isScalar, isSeq, Parser } from 'yaml';
import type { CST, Document, Node, Scalar, YAMLMap } from 'yaml';
import type { JsonObject, JsonValue } from '@toka/sdk';
import { quote, type Issue, type Path, type Position } from './issue.ts';
import { keyText, Positions } from './positions.ts';

const MAX_DEPTH = 64;
const MAX_SYNTAX_ERRORS = 20;

/** A value with the positions of its parts. */
export interface Parsed {
  readonly value: JsonValue;
  readonly positions: Pick<Positions, 'locate' | 'sourceOf'>;
}

/** An issue whose position is known. */
export interface Placed {
  readonly issue: Issue;
  readonly position: Position;
}

/**
 * Parses YAML 1.2 or JSON into plain JSON data. It is safe on hostile text: no aliases, no tags, no `__proto__`, at most 64 levels, each
 * key once, one document; time grows with the length of the text.
 *
 * @param text The text; CRLF and a byte order mark are accepted. An empty text has the value `null`.
 * @returns The value with its positions, or everything that is wrong with the text.
 */
export function parseYaml(text: string): Parsed | { readonly problems: readonly Placed[] } {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const [document, second] = compose(source);
  const root = document?.contents ?? null;
  const positions = new Positions(source, root);
  const found = document === undefined ? [] : findSyntaxErrors(document, positions);
  if (found.length === 0 && second !== undefined) {
    const issue: Issue = { path: [], code: 'several-documents', expected: 'one document in the file' };
    found.push({ issue, position: positions.at(second.range[0]) });
  }
  if (found.length > 0) return { problems: found };
  const walk: Walk = { found, path: [], positions };
  const value = toValue(root, walk);
  return found.length > 0 ? { problems: found } : { value, positions };
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
  for (const document of composer.compose(untilHopeless(new Parser().parse(source)), true, source.length)) {
    documents.push(document);
    if (documents.length === 2) break;
  }
  return documents;
}

/** Stops after so many errors as are reported: each costs the library a stack trace, and garbage has one at every letter. */
function* untilHopeless(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  let errors = 0;
  for (const token of tokens) {
    yield token;
    if (token.type === 'error') errors += 1;
    if (errors === MAX_SYNTAX_ERRORS) return;
  }
}

function findSyntaxErrors({ errors, warnings, directives }: Document.Parsed, positions: Positions): Placed[] {
  const all = [...errors, ...warnings];
  // The library reports its own exhausted stack as an error at the place where it happened.
  const deep = all.find(({ message }) => message.includes('call stack'));
  if (deep !== undefined) return [{ issue: tooDeep([]), position: positions.at(deep.pos[0]) }];
  const found = all.slice(0, MAX_SYNTAX_ERRORS).map(({ code, message, pos }): Placed => {
    const expected = code === 'TAG_RESOLVE_FAILED' ? 'a value without a tag' : 'well-formed YAML';
    return { issue: { path: [], code: 'syntax', expected, found: oneLine(message) }, position: positions.at(pos[0]) };
  });
  const { explicit, version } = directives.yaml;
  if (explicit === true && version !== '1.2') {
    found.push({ issue: { path: [], code: 'syntax', expected: 'YAML 1.2', found: `YAML ${version}` }, position: { line: 1, column: 1 } });
  }
  return found;
}

function oneLine(message: string): string {
  return quote(message.replaceAll(/\s+/g, ' '), 160).slice(1, -1).replaceAll('\\"', '"');
}

interface Walk {
  readonly found: Placed[];
  readonly path: (string | number)[];
  readonly positions: Positions;
}

function toValue(node: Node | null, walk: Walk): JsonValue {
  if (node === null) return null;
  if (isScalar(node)) return scalarValue(node, walk);
  const path = [...walk.path];
  if (isAlias(node)) return report(walk, node, { path, code: 'alias', expected: 'the value written out', found: quote(`*${node.source}`) });
  if (path.length >= MAX_DEPTH) return report(walk, node, tooDeep(path));
  if (isMap(node)) return mapValue(node, walk);
  if (!isSeq(node)) return report(walk, node, { path, code: 'syntax', expected: 'a map, a list or a plain value' });
  return node.items.map((item, index) => {
    walk.path.push(index);
    const value = toValue(item as Node | null, walk);
    walk.path.pop();
    return value;
  });
}

function mapValue(node: YAMLMap, walk: Walk): JsonValue {
  const value: JsonObject = {};
  for (const pair of node.items) {
    const key = keyText(pair.key);
    const refuse = (code: 'unknown-key' | 'duplicate-key', expected: string) =>
      report(walk, pair.key as Node, { path: [...walk.path, key], at: 'key', code, expected });
    // Assigned, it would not become a key but change the object.
    if (key === '__proto__') refuse('unknown-key', 'another name');
    else if (Object.hasOwn(value, key)) refuse('duplicate-key', 'each key once');
    else {
      walk.path.push(key);
      value[key] = toValue(pair.value as Node | null, walk);
      walk.path.pop();
    }
  }
  return value;
}

function scalarValue(node: Scalar, walk: Walk): JsonValue {
  const { value, source = '' } = node;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  const refuse = (expected: string) => report(walk, node, { path: [...walk.path], code: 'bad-value', expected, found: quote(source) });
  if (typeof value !== 'number') return refuse('a plain value');
  if (!Number.isFinite(value)) return refuse('a finite number');
  if (!Number.isSafeInteger(value) && /^[-+]?\d+$/.test(source)) return refuse('a number that is exact in 53 bits');
  return value;
}

function report({ found, positions }: Walk, node: Node | null, issue: Issue): null {
  found.push({ issue, position: positions.at(node?.range?.[0] ?? 0) });
  return null;
}

function tooDeep(path: Path): Issue {
  return { path, code: 'too-deep', expected: `at most ${MAX_DEPTH} levels` };
}
