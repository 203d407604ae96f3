const MAX_DEPTH = 2;
const MAX_ITEMS = 100;
const MAX_WIDTH = 72;

/** One line of `console.log`, as Node.js would print it as far as this goes: placeholders, then values apart by spaces. */
export function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first !== 'string') return args.map((each) => top(each)).join(' ');
  const text = rest.length === 0 ? first : first.replace(/%[sdifjoOc%]/g, (mark) => (mark === '%%' ? '%' : rest.length === 0 ? mark : placed(mark, rest.shift())));
  return [text, ...rest.map((each) => top(each))].join(' ');
}

function top(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function placed(mark: string, value: unknown): string {
  switch (mark) {
    case '%s':
      return typeof value === 'object' && value !== null ? inspect(value) : typeof value === 'bigint' ? `${value}n` : String(value);
    case '%d':
      return typeof value === 'bigint' ? `${value}n` : typeof value === 'object' || typeof value === 'symbol' ? 'NaN' : String(Number(value));
    case '%i':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(Number.parseInt(String(value), 10)) : 'NaN';
    case '%f':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(Number.parseFloat(String(value))) : 'NaN';
    case '%j':
      return JSON.stringify(value);
    case '%c':
      return '';
    default:
      return inspect(value);
  }
}

/** A value as a person would write it. */
function inspect(value: unknown, depth = 0, above: readonly unknown[] = []): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'function':
      return nameOfFunction(value);
    case 'object':
      return value === null ? 'null' : above.includes(value) ? '[Circular]' : inspectObject(value, depth, [...above, value]);
    default:
      return String(value);
  }
}

function inspectObject(value: object, depth: number, above: readonly unknown[]): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return inspectError(value, depth, above);
  if (value instanceof Promise) return 'Promise {}';
  const inner = (each: unknown) => inspect(each, depth + 1, above);
  const name = nameOf(value);
  if (depth > MAX_DEPTH) return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
  if (Array.isArray(value)) return wrapped('', '[', listed((value as readonly unknown[]).slice(0, MAX_ITEMS).map(inner), value.length), ']');
  if (ArrayBuffer.isView(value) && 'length' in value) {
    const items = Array.from(value as unknown as ArrayLike<unknown>).slice(0, MAX_ITEMS);
    return wrapped(`${name}(${String(value.length)}) `, '[', listed(items.map(inner), Number(value.length)), ']');
  }
  if (value instanceof Map) {
    const items = [...value].slice(0, MAX_ITEMS).map(([key, each]) => `${inner(key)} => ${inner(each)}`);
    return wrapped(`Map(${value.size}) `, '{', listed(items, value.size), '}');
  }
  if (value instanceof Set) return wrapped(`Set(${value.size}) `, '{', listed([...value].slice(0, MAX_ITEMS).map(inner), value.size), '}');
  return wrapped(name === 'Object' ? '' : `${name || '[Object: null prototype]'} `, '{', properties(value, inner), '}');
}

function properties(value: object, inner: (each: unknown) => string): string[] {
  return Reflect.ownKeys(value).flatMap((key) => {
    const found = Object.getOwnPropertyDescriptor(value, key);
    if (found?.enumerable !== true) return [];
    const label = typeof key === 'symbol' ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
    const getter = found.get === undefined ? '[Setter]' : found.set === undefined ? '[Getter]' : '[Getter/Setter]';
    return [`${label}: ${'value' in found ? inner(found.value) : getter}`];
  });
}

function inspectError(error: Error, depth: number, above: readonly unknown[]): string {
  const stack = typeof error.stack === 'string' ? error.stack.trimEnd() : '';
  const head = `${error.name}: ${error.message}`;
  const own = properties(error, (each) => inspect(each, depth + 1, above)).filter((each) => !/^(?:message|stack|name): /.test(each));
  return `${head}${stack === '' ? '' : `\n${stack}`}${own.length === 0 ? '' : ` { ${own.join(', ')} }`}`;
}

function nameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return '';
  const found: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  return typeof found === 'string' && found !== '' ? found : 'Object';
}

function nameOfFunction(value: { readonly name?: unknown }): string {
  const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function';
  const name = typeof value.name === 'string' && value.name !== '' ? value.name : '(anonymous)';
  return kind === 'class' ? `[class ${name}]` : name === '(anonymous)' ? '[Function (anonymous)]' : `[Function: ${name}]`;
}

function listed(items: readonly string[], count: number): string[] {
  const more = count - items.length;
  return more > 0 ? [...items, `... ${more} more item${more === 1 ? '' : 's'}`] : [...items];
}

function wrapped(head: string, open: string, items: readonly string[], close: string): string {
  if (items.length === 0) return `${head}${open}${close}`;
  const line = `${head}${open} ${items.join(', ')} ${close}`;
  if (line.length <= MAX_WIDTH && !line.includes('\n')) return line;
  return `${head}${open}\n${items.map((item) => `  ${item.replaceAll('\n', '\n  ')}`).join(',\n')}\n${close}`;
}

function quoted(text: string): string {
  const mark = text.includes("'") ? (text.includes('"') ? (text.includes('`') ? "'" : '`') : '"') : "'";
  const inside = JSON.stringify(text).slice(1, -1).replaceAll(String.raw`\"`, '"');
  return `${mark}${mark === "'" ? inside.replaceAll("'", String.raw`\'`) : inside}${mark}`;
}
