import { parseArgs } from 'node:util';
import { type AgentRunFlags, runAgent } from '../ui/agent/run.ts';
import { serve } from '../ui/process-door.ts';
import type { StartFlags } from '../ui/repl/start.ts';

export async function main(argv: readonly string[]): Promise<boolean> {
  const words = readWords(argv);
  if (!words) return false;
  const { flags, name, prompt } = words;
  // What is asked for as JSON is told as JSON, also where nothing could run.
  return serve(flags.output === 'text' ? argv : [...argv, '--json'], async (door) => (prompt === undefined ? (await import('../ui/repl/start.ts')).startRepl(name, flags, door) : runAgent(name, prompt, flags, door)));
}

interface Words {
  readonly name: string | undefined;
  readonly prompt: string | undefined;
  readonly flags: AgentRunFlags & StartFlags;
}

const TEXT = { type: 'string' } as const;
const TEXTS = { type: 'string', multiple: true } as const;
const SWITCH = { type: 'boolean', default: false } as const;

/** Those of the full command; a test compares them. */
export const FLAGS = {
  allow: TEXTS,
  budget: TEXT,
  continue: SWITCH,
  debug: SWITCH,
  deny: TEXTS,
  ephemeral: SWITCH,
  image: TEXTS,
  json: SWITCH,
  'max-turns': TEXT,
  model: TEXT,
  output: TEXT,
  plan: SWITCH,
  prompt: { type: 'string', short: 'p' },
  record: SWITCH,
  'screen-reader': SWITCH,
  schema: TEXT,
  session: TEXT,
  storage: TEXT,
  timeout: TEXT,
} as const;

/** A command line that is well formed; `undefined` otherwise: the full command explains what is wrong. */
function readWords(argv: readonly string[]): Words | undefined {
  const { positionals, values } = parsed(argv) ?? {};
  if (!values || positionals === undefined || positionals.length > 1) return undefined;
  const { json, output = 'text', prompt, 'max-turns': turns, ...flags } = values;
  const isSession = [flags.continue, flags.ephemeral, flags.session !== undefined];
  if (!isOutput(output) || isSession.filter((isGiven) => isGiven).length > 1) return undefined;
  if (turns !== undefined && !/^[1-9]\d{0,8}$/.test(turns)) return undefined;
  return { name: positionals[0], prompt, flags: { ...flags, 'max-turns': turns === undefined ? undefined : Number(turns), output: json ? 'json' : output } };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: true });
  } catch {
    return undefined;
  }
}

function isOutput(text: string): text is AgentRunFlags['output'] {
  return text === 'text' || text === 'json' || text === 'stream-json';
}
