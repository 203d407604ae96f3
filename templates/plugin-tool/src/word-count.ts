import { coded, defineTool } from '@toka/sdk';

export default defineTool({
  name: 'word-count',
  summary: 'Count the lines and words of a text file',
  category: 'text',
  params: {
    type: 'object',
    properties: {
      path: { type: 'string', description: 'The file', minLength: 1, 'x-type': 'path', 'x-position': 1 },
      unit: { type: 'string', description: 'What is printed', enum: ['both', 'lines', 'words'], default: 'both' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: { lines: { type: 'integer' }, words: { type: 'integer' }, unit: { type: 'string' } },
    required: ['lines', 'words', 'unit'],
    additionalProperties: false,
  },
  capabilities: { required: ['fs:read:{path}'] },
  effect: 'read',
  examples: [
    { description: 'Lines and words', params: { path: 'notes.txt' } },
    { description: 'Only the words', params: { path: 'notes.txt', unit: 'words' } },
  ],
  print({ lines, words, unit }: { lines: number; words: number; unit: string }) {
    const counts = { lines: `${lines} lines`, words: `${words} words` };
    return unit === 'lines' || unit === 'words' ? `${counts[unit]}\n` : `${counts.lines}, ${counts.words}\n`;
  },
  async run({ path, unit }, ctx) {
    const text = await ctx.fs.readText(path);
    if (text.includes('\0')) throw coded('FILE_NOT_TEXT', `${path} is not a text file`);
    return { lines: text.split('\n').length - 1, words: text.split(/\s+/).filter((word) => word !== '').length, unit };
  },
});
