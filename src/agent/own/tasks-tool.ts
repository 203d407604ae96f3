import type { JsonObject } from '@toka/sdk';
import type { Task } from '../../pipeline/agent/port.ts';
import type { Tasks } from '../tasks.ts';
import { misused, type OwnTool } from './own-tool.ts';

const STATUSES: readonly unknown[] = ['open', 'doing', 'done', 'failed'] satisfies Task['status'][];

/** The list of what is to be done, which the person sees. */
export function tasksTool(tasks: Tasks): OwnTool {
  return {
    definition: {
      name: 'tasks',
      description: 'Replace the list of what you are about to do; the person sees it. For work of several steps. A task with a validation is done only when that passes.',
      params: {
        type: 'object',
        properties: { tasks: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' }, title: { type: 'string' }, status: { enum: ['open', 'doing', 'done', 'failed'] } }, required: ['id', 'title', 'status'] } } },
        required: ['tasks'],
      },
    },
    async run({ tasks: asked }) {
      const list = Array.isArray(asked) ? asked.flatMap((each) => taskOf(each as JsonObject)) : [];
      if (!Array.isArray(asked) || list.length < asked.length) return misused('expected {tasks: [{id, title, status: open|doing|done|failed}]}');
      const output = await tasks.set(list);
      return { output, origins: output === 'noted' ? ['system'] : tasks.origins };
    },
  };
}

function taskOf(value: JsonObject | null): Task[] {
  const { id, title, status } = value ?? {};
  if (typeof id !== 'string' || typeof title !== 'string' || !STATUSES.includes(status)) return [];
  return [{ id: id.slice(0, 100), title: title.slice(0, 500), status: status as Task['status'] }];
}
