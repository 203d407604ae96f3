import type { JsonValue } from '@toka/sdk';
import { TokaError } from '../errors.ts';
import { partSecrets } from '../manifest/secret-parts.ts';
import { maskFor, type Mask, NOTHING } from '../runtime/mask.ts';
import type { LiveEvent } from './events.ts';
import type { Run } from './run.ts';

/** The values of a run's secrets, and of the secrets of the runs above it. */
export function secretsOf({ tool, params, request }: Run): readonly string[] {
  const above = request.parent?.secrets ?? [];
  if (!tool) return above;
  const { secrets } = partSecrets(tool.params, params ?? request.params);
  return secrets.length === 0 ? above : [...new Set([...above, ...secrets])];
}

export function maskOf(run: Run): Mask {
  return maskFor(secretsOf(run));
}

/** The same error without the run's secrets. */
export function maskError(run: Run, error: TokaError): TokaError {
  const mask = maskOf(run);
  if (mask === NOTHING) return error;
  const { code, message, hint, where, data } = error;
  return new TokaError(code, mask.text(message), {
    ...(hint === undefined ? {} : { hint: mask.text(hint) }),
    ...(where === undefined ? {} : { where }),
    ...(data === undefined ? {} : { data: mask.json(data as JsonValue) as Record<string, unknown> }),
  });
}

/** The same run, whose log lines and progress are shown without its secrets; output is shown as it was written. */
export function withMaskedEvents(run: Run): Run {
  const { onEvent } = run.request;
  const mask = maskOf(run);
  if (!onEvent || mask === NOTHING) return run;
  return { ...run, request: { ...run.request, onEvent: (event) => onEvent(maskEvent(mask, event)) } };
}

function maskEvent({ text, json }: Mask, event: LiveEvent): LiveEvent {
  switch (event.type) {
    case 'log':
      return { ...event, message: text(event.message) };
    case 'progress':
      return { ...event, progress: json(event.progress as unknown as JsonValue) as unknown as typeof event.progress };
    default:
      return event;
  }
}
