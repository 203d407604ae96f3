import type { Kept, RunEvent } from '../journal/events.ts';

/** What an event says, in words. */
export function detail(event: RunEvent): string {
  switch (event.type) {
    case 'run.requested':
      return `${event.tool ?? event.model} ${keptText(event.params)} by ${event.principal} in ${event.cwd}${event.drift ? `; not as toka.lock says: ${event.drift.decision}, by ${event.drift.by}` : ''}${event.replays === undefined ? '' : `; does ${event.replays} once more`}`;
    case 'approval.decided':
      return `${event.capability}: ${event.decision}, by ${event.by}`;
    case 'run.started':
      return `${event.level}; may ${event.effective.join(', ') || 'nothing'}${event.command ? `; ${event.command.join(' ')}` : ''}`;
    case 'run.acted':
      return 'began to change something by itself';
    case 'run.resumed':
      return `attempt ${event.attempt}, by ${event.by}; may ${event.effective.join(', ') || 'nothing'}`;
    case 'resume.refused':
      return `${event.by}: ${event.error.code}: ${event.error.message}`;
    case 'run.marked':
      return `${event.as}, by ${event.by}`;
    case 'run.cached':
      return `as run ${event.from}, which had the same inputs`;
    case 'agent.began':
      return `asks ${event.route}${event.session === undefined ? '' : `, in session ${event.session}`}${event.after === undefined ? '' : `, after run ${event.after}`}`;
    case 'agent.steered':
      return `before step ${event.step}: ${keptText(event.text)}`;
    case 'agent.tasks':
      return keptText(event.tasks);
    case 'agent.kept':
      return `${event.path} ${event.before ? `as it was (${event.before.bytes} bytes)` : 'was not there'}`;
    case 'agent.compacted':
      return `before step ${event.step}: ${event.before} messages became ${event.after}`;
    case 'agent.conversed':
      return keptText(event.messages);
    case 'run.recorded':
      return `${'inline' in event.calls && Array.isArray(event.calls.inline) ? `${event.calls.inline.length} calls` : 'its calls'}, ${event.contents.length} kept beside them, to be replayed${event.lost ? `; not kept: ${event.lost.join(', ')}` : ''}`;
    case 'run.output':
      return `${event.bytes} bytes of ${event.stream}${event.truncated ? ', cut' : ''}`;
    case 'run.finished':
      return `${event.status}${event.error ? ` ${event.error.code}: ${event.error.message}` : ''}, ${Math.round(event.usage.wallMs)} ms`;
    case 'run.imported':
      return `from ${event.origin}, by ${event.by}`;
    case 'run.pruned':
      return `${event.events} events were forgotten, by ${event.by}: ${event.rule}`;
  }
}

function keptText(kept: Kept): string {
  const text = 'inline' in kept ? JSON.stringify(kept.inline) : `(${kept.bytes} bytes)`;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
