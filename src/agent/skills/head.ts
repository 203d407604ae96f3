import { parseYaml } from '../../manifest/yaml.ts';

/** A markdown file with a head of YAML. */
export interface Headed {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Takes a markdown file apart; without a head, or with one that is no map, it has an empty one. */
export function headOf(text: string): Headed {
  const [whole, yaml] = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  if (whole === undefined || yaml === undefined) return { head: {}, body: text };
  const parsed = parseYaml(yaml);
  const value = 'value' in parsed ? (parsed.value as unknown) : undefined;
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return { head: isMap ? (value as Headed['head']) : {}, body: text.slice(whole.length).trim() };
}

/** A text of the head, on one line. */
export function lineOf(value: unknown, most: number): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const line = value.trim().replaceAll(/\s+/g, ' ');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
