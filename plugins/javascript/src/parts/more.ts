import { makeArtifact } from '../guest/artifact.ts';
import { atob, btoa } from '../guest/base64.ts';
import { structuredClone } from '../guest/clone.ts';
import type { Host, More } from '../guest/host.ts';
import { format } from '../guest/inspect.ts';
import { makeTimers } from '../guest/timers.ts';
import { makeUrls } from '../guest/url.ts';
import { TextDecoder, TextEncoder } from '../guest/utf8.ts';

/** What few programs use: it stands in a text of its own, since each text takes its time to be read in each isolate. */
export function start(host: Host): More {
  const { setTimeout, clearTimeout, fire } = makeTimers(host);
  return { format, fire, globals: { ...makeUrls(host), TextDecoder, TextEncoder, artifact: makeArtifact(host), atob, btoa, clearTimeout, setTimeout, structuredClone } };
}
