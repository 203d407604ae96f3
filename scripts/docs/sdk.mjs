import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';

const source = join(import.meta.dirname, '../../plugins/sdk/src');

/** What an entry of the SDK exports, in the order in which it does: each with its comment, its declaration and its example. */
export function sdkReference(entry) {
  return sdkExports(entry).map(section).join('\n');
}

/**
 * Reads what an entry exports from the sources.
 *
 * @returns {{ name: string, kind: 'function' | 'const' | 'type', text: string, summary: string, params: [string, string][], returns?: string, throws: string[], example?: string }[]}
 */
export function sdkExports(entry) {
  const file = join(source, `${entry}.ts`);
  const { program } = parse(file);
  return program.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration') return [];
    if (node.declaration) return [describe(declarationsIn(file).get(nameOf(node.declaration)))];
    return node.specifiers.map(({ local, exported }) => ({ ...find(join(dirname(file), node.source.value), local.name), name: exported.name }));
  });
}

/** A module may hand on what another one exports. */
function find(file, name) {
  const found = declarationsIn(file).get(name);
  if (found) return describe(found);
  for (const node of parse(file).program.body) {
    const handedOn = node.type === 'ExportNamedDeclaration' && node.source && node.specifiers.some(({ exported }) => exported.name === name);
    if (handedOn) return find(join(dirname(file), node.source.value), name);
  }
  throw new Error(`${file} exports no ${name}`);
}

const parsed = new Map();

function parse(file) {
  if (!parsed.has(file)) {
    const text = readFileSync(file, 'utf8');
    const { comments, errors, program } = parseSync(file, text);
    parsed.set(file, { text, comments, errors, program });
  }
  const { errors, ...rest } = parsed.get(file);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return rest;
}

function declarationsIn(file) {
  const { text, program, comments } = parse(file);
  const found = new Map();
  for (const node of program.body) {
    if (node.type !== 'ExportNamedDeclaration' || !node.declaration) continue;
    const comment = comments.findLast(({ type, value, end }) => type === 'Block' && value.startsWith('*') && end <= node.start && text.slice(end, node.start).trim() === '');
    found.set(nameOf(node.declaration), { node: node.declaration, text, comment: comment?.value ?? '' });
  }
  return found;
}

function nameOf(declaration) {
  return (declaration.id ?? declaration.declarations[0].id).name;
}

function describe({ node, text, comment }) {
  const lines = comment.replace(/^\*/, '').split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim();
  const [summary = '', ...tags] = lines.split(/\n?(?=^@(?:param|returns|throws|example)\b)/m);
  const all = (tag) => tags.filter((each) => each.startsWith(`@${tag}`)).map((each) => each.slice(tag.length + 1).trim());
  return {
    name: nameOf(node),
    kind: node.type === 'VariableDeclaration' ? 'const' : /Function/.test(node.type) ? 'function' : 'type',
    text: declarationText(node, text),
    summary: oneLine(summary),
    params: all('param').map((each) => /^(\S+) ([^]*)$/.exec(each).slice(1).map(oneLine)),
    returns: all('returns').map(oneLine)[0],
    throws: all('throws').map(oneLine),
    example: all('example')[0],
  };
}

/** A function without what it does, a constant by its type. */
function declarationText(node, text) {
  const whole = text.slice(node.start, node.end);
  if (node.body && /Function/.test(node.type)) return `${text.slice(node.start, node.body.start).trim()};`.replace(/^async /, '');
  const [first] = node.declarations ?? [];
  if (!first) return whole;
  return first.id.typeAnnotation ? `const ${text.slice(first.id.start, first.id.end)};` : whole;
}

function oneLine(text) {
  // Lists stay lists.
  return text.trim().replaceAll(/\n(?!\s*-)\s*/g, ' ');
}

function section({ name, text, summary, params, returns, throws, example }) {
  const facts = [
    ...params.map(([param, meaning]) => `- \`${param}\`: ${meaning}`),
    ...(returns === undefined ? [] : [`- Returns: ${returns}`]),
    ...throws.map((each) => `- Throws: ${each}`),
  ];
  return [
    `### ${name}\n`,
    `${summary}\n`,
    ...(facts.length > 0 ? [`${facts.join('\n')}\n`] : []),
    `\`\`\`ts\n${text}\n\`\`\`\n`,
    ...(example === undefined ? [] : [`Example:\n\n\`\`\`ts\n${example}\n\`\`\`\n`]),
  ].join('\n');
}
