import type { LiveEvent } from '../../pipeline/events.ts';

/** The version of the shape of each event that is printed while an agent works. */
const AGENT_EVENT_SCHEMA = 'toka/agent-event/v1';

/** One line of `--output stream-json`; what tools write is not told, their results stand in their runs. */
export function eventLine(event: LiveEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return line({ type: 'run-began', run: event.run, ...(event.parent === undefined ? {} : { parent: event.parent }), name: event.name });
    case 'agent':
      return line({ ...event.event, run: event.run });
    default:
      return undefined;
  }
}

function line({ type, run, ...rest }: { readonly type: string; readonly run: string; readonly [member: string]: unknown }): string {
  return `${JSON.stringify({ schema: AGENT_EVENT_SCHEMA, type, run, ...rest })}\n`;
}
