import type { JsonObject, JsonValue, ModelTool } from '@toka/sdk';
import type { CallOptions, Origin } from '../../pipeline/agent/port.ts';

/** What a tool of the agent's own answers. */
export interface OwnAnswer {
  readonly output: JsonValue;
  readonly isError?: boolean;
  /** Where what it says comes from. */
  readonly origins: readonly Origin[];
  readonly run?: string;
  /** Nothing more can be done without a person: these fields are missing. */
  readonly missing?: { readonly question: string; readonly fields: readonly JsonObject[] };
}

/** A tool that is part of the loop, beside those of the registry. */
export interface OwnTool {
  readonly definition: ModelTool;
  run(params: JsonObject, options: CallOptions): Promise<OwnAnswer>;
}

/** An answer to parameters that are not as the definition says. */
export function misused(message: string): OwnAnswer {
  return { output: message, isError: true, origins: ['system'] };
}
