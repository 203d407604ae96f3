import type { JsonObject } from '@toka/sdk';
import type { Inquirer } from '../../pipeline/house.ts';
import type { Progress } from './progress.ts';

/** Asks the person on the terminal what an agent wants to know. */
export function inquirerFor(progress: Progress): Inquirer {
  return async (question) => {
    progress.pause();
    const { askQuestion } = await import('../prompts.ts');
    return (await askQuestion(question)) as JsonObject;
  };
}
