import { parseSync } from 'oxc-parser';

const FUNCTIONS = ['ArrowFunctionExpression', 'FunctionExpression'];

/**
 * Rewrites a script so that V8 compiles all its functions as it reads them. Left to itself it passes over each function, and reads it again at its
 * first call, which takes twice as long where all are called. It takes a function in parentheses for one that is called at once.
 *
 * @param {string} text a script whose declared functions depend on no order
 * @returns {string} the same script: declared functions come first, each as the value of a variable
 * @throws Error where it is not well formed
 */
export function compiledAtOnce(text) {
  const { errors, program } = parseSync('script.cjs', text, { sourceType: 'script' });
  if (errors.length > 0) throw new Error(errors[0].message);
  const marks = functionsIn(program).flatMap(({ end, start }) => [[start, '('], [end, ')']]).toSorted(([one], [other]) => one - other);
  const written = ({ end, start }) => {
    const inside = marks.filter(([at]) => at >= start && at <= end);
    const places = [start, ...inside.map(([at]) => at), end];
    return places.slice(1).map((at, index) => text.slice(places[index], at) + (inside[index]?.[1] ?? '')).join('');
  };
  const { directives, functions, others } = Object.groupBy(program.body, ({ directive, type }) => (directive === undefined ? (type === 'FunctionDeclaration' ? 'functions' : 'others') : 'directives'));
  return [
    ...(directives ?? []).map(written),
    ...(functions ?? []).map((node) => `var ${node.id.name}=(${written(node)});`),
    ...(others ?? []).map(written),
  ].join('');
}

function functionsIn(node) {
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.values(node).flatMap(functionsIn);
  if (FUNCTIONS.includes(node.type)) return [node, ...inside];
  // That of a method begins in its middle.
  return isMethod(node) ? inside.filter((each) => each !== node.value) : inside;
}

function isMethod({ kind, method, type }) {
  return type === 'MethodDefinition' || (type === 'Property' && (method || kind !== 'init'));
}
