import type { AgentEvent } from '../../pipeline/agent/port.ts';
import type { LiveEvent } from '../../pipeline/events.ts';
import type { Door } from '../door.ts';
import { onOneLine } from '../../manifest/plain.ts';
import { paint, plain, terminal } from '../text.ts';

/** Tells on standard error how an agent goes on: a line for each call that has ended, and on the last line what it does now. */
export interface Progress {
  hear(event: LiveEvent): void;
  /** Takes its last line away, so that something else can be written. */
  pause(): void;
}

/** Where nobody looks on, only what a person should know is said. */
export function progressOf(door: Door, isShown: boolean): Progress {
  const view = terminal(door.stderr, door.env);
  let hasStatus = false;
  const pause = (): void => {
    if (hasStatus) door.stderr.write('\r\u001b[K');
    hasStatus = false;
  };
  const line = (text: string): void => {
    pause();
    door.stderr.write(`${text}\n`);
  };
  const status = (text: string): void => {
    door.stderr.write(`\r\u001b[K${paint(view, 'dim', shown(text, view.columns - 1))}`);
    hasStatus = true;
  };
  const hear = (event: AgentEvent): void => {
    if (event.type === 'notice' && event.level === 'warn') line(`${paint(view, 'yellow', 'warning')} ${plain(event.message)}`);
    else if (isShown) show(event);
  };
  const show = (event: AgentEvent): void => {
    switch (event.type) {
      case 'step-began':
        return status(`${event.route} is asked (${event.step})`);
      case 'call-began':
        return status(`${event.tool} ${JSON.stringify(event.params)}`);
      case 'call-ended': {
        const mark = event.status === 'succeeded' ? paint(view, 'green', 'ok') : paint(view, 'red', event.status);
        return line(`${mark} ${shown(`${event.tool}: ${event.summary}`, view.columns - event.status.length - 2)}`);
      }
      case 'tasks': {
        const done = event.tasks.filter((task) => task.status === 'done').length;
        return status(`tasks ${done}/${event.tasks.length}  ${event.tasks.find((task) => task.status === 'doing')?.title ?? ''}`);
      }
      case 'restart':
        return line(`${paint(view, 'yellow', 'again')} ${shown(event.why, view.columns - 7)}`);
      case 'compacted':
        return line(paint(view, 'dim', `the conversation was summed up: ${event.before} messages became ${event.after}`));
      case 'notice':
        return line(plain(event.message));
      default:
    }
  };
  return { hear: (event) => (event.type === 'agent' ? hear(event.event) : undefined), pause };
}

/** One line of at most so many columns: every letter beyond Latin counts as a wide one, since none may be wider than it counts. */
function shown(text: string, columns: number): string {
  const line = onOneLine(plain(text));
  let width = 0;
  let kept = '';
  for (const letter of line) {
    width += letter < '\u0300' ? 1 : 2;
    if (width > columns) return `${Array.from(kept).slice(0, -1).join('')}…`;
    kept += letter;
  }
  return line;
}
