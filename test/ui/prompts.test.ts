import { expect, test, vi } from 'vitest';
import { askQuestion } from '../../src/ui/prompts.ts';

const shown: { name: string; value: unknown }[] = [];
const messages: string[] = [];
vi.mock('inquirer', () => ({
  default: { createPromptModule: () => async ([{ name, message, choices }]: [{ name: string; message: string; choices: typeof shown }]) => {
      messages.push(message);
      shown.push(...choices);
      return { [name]: choices[0]?.value };
    } },
}));

test('what an agent offers to choose from steers no terminal, and is answered as it is', async () => {
  const value = '\u001b[2Jone\u202e\ntwo';
  const answers = await askQuestion({ text: 'Which?', fields: [{ name: 'which\u001b[8m', description: 'Which one', schema: { type: 'string', enum: [value] } }] });
  expect(shown.map(({ name }) => name)).toEqual(['one two']);
  expect(messages).toEqual(['which (Which one)']);
  expect(answers).toEqual({ 'which\u001b[8m': value });
});
