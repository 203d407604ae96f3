import type { SlashCommand } from '../command.ts';
import { taskLines } from '../turn-view.ts';

export const todo: SlashCommand = {
  name: 'todo',
  summary: 'show the tasks of the agent',
  run(_argument, { conversation: { tasks }, face }) {
    face.print(tasks.length === 0 ? [face.theme.quiet('there are no tasks')] : taskLines(tasks, face.theme));
  },
};
