/** Tools as a large team has them: what each says of itself, and the JSON Schema of its parameters. */
export function manyTools(count) {
  return Array.from({ length: count }, (_, at) => ({
    name: `${VERBS[at % VERBS.length]}-${NOUNS[Math.floor(at / VERBS.length) % NOUNS.length]}-${at}`,
    description: `${VERBS[at % VERBS.length]} the ${NOUNS[Math.floor(at / VERBS.length) % NOUNS.length]} of a project in region ${at % 20}, and tell what came of it: how many there were, which of them changed, and where they are now.`,
    schema: {
      type: 'object',
      properties: {
        path: { type: 'string', description: 'Where to start; the folder of the project unless another is named' },
        limit: { type: 'integer', description: 'How many at most', minimum: 0, maximum: 1000 },
        format: { type: 'string', description: 'How the answer is written', enum: ['text', 'json'] },
        since: { type: 'string', description: 'Only those that changed after this day, as 2026-01-31' },
      },
      required: ['path'],
    },
  }));
}

const VERBS = ['list', 'create', 'remove', 'rename', 'inspect', 'restore', 'publish', 'compare', 'archive', 'count', 'watch'];
const NOUNS = ['invoices', 'tickets', 'branches', 'releases', 'buckets', 'queues', 'certificates', 'dashboards', 'alerts', 'contracts', 'schedules', 'snapshots'];
