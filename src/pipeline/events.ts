import type { LogLevel, Progress } from '@toka/sdk';
import type { AgentEvent } from './agent/port.ts';

/** What a door may show while a run goes on. Output is provisional until the run has ended. */
export type LiveEvent =
  | { readonly type: 'started'; readonly run: string; readonly parent?: string; readonly name: string }
  | { readonly type: 'output'; readonly run: string; readonly stream: 'stdout' | 'stderr'; readonly chunk: Uint8Array }
  | { readonly type: 'progress'; readonly run: string; readonly progress: Progress }
  | { readonly type: 'log'; readonly run: string; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'agent'; readonly run: string; readonly event: AgentEvent };
