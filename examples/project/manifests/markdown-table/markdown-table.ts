import { coded, defineTool } from '@toka/sdk';

/** A tool in TypeScript. It takes what csv-summary gives, so the two can be joined by a pipe. */
export default defineTool({
  name: 'markdown-table',
  summary: 'Write the columns of a CSV file as a markdown table',
  category: 'data',
  params: {
    type: 'object',
    properties: {
      columns: { type: 'array', items: { type: 'object' }, description: 'Objects that all have the same keys' },
      rows: { type: 'integer', description: 'How many rows the file has', default: 0 },
    },
    required: ['columns'],
    additionalProperties: false,
  },
  output: { type: 'object', properties: { markdown: { type: 'string' } }, required: ['markdown'] },
  capabilities: {},
  effect: 'none',
  print: ({ markdown }: { markdown: string }) => markdown,
  async run({ columns, rows }) {
    const [first, ...others] = columns as Record<string, unknown>[];
    if (first === undefined) throw coded('NO_COLUMNS', 'expected at least one column, found none');
    const head = Object.keys(first);
    const line = (cells: readonly unknown[]): string => `| ${cells.map(String).join(' | ')} |\n`;
    const body = [first, ...others].map((column) => line(head.map((key) => column[key])));
    return { markdown: `${line(head)}${line(head.map(() => '---'))}${body.join('')}\n${rows} rows\n` };
  },
});
