import type { AssistantPart, FinishReason, ModelEvent, ModelRequest } from '@toka/sdk';

/** A model that may be asked, as people name it. */
export interface Candidate {
  /** `PROVIDER/MODEL`. */
  readonly route: string;
  /** Whether it is a language model: `local/planner` is none, and says so. */
  readonly isLanguageModel: boolean;
  /** Tokens that fit into a conversation with it; absent where nobody says. */
  readonly contextTokens?: number;
}

/** What a model has used; figures are present only where its provider gives them, money only where its price is known. */
export interface ModelUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
  /** Millionths of a US dollar. */
  readonly microdollars?: number;
}

/** All that a model has answered. */
export interface ModelReply {
  /** Which model it was, of those that might have been asked. */
  readonly route: string;
  readonly parts: readonly AssistantPart[];
  readonly reason: FinishReason;
  readonly usage: ModelUsage;
}

/** What is asked of a model, whichever it will be. */
export type Prompt = Omit<ModelRequest, 'model'>;

/** The gateway to the providers of models. */
export interface Models {
  /**
   * The models that a name stands for, the preferred first: `PROVIDER/MODEL`, or a role (`work`, `plan`, `small`) by the configuration, or by what is found on this machine.
   *
   * @throws TokaError TOKA_MODEL_UNKNOWN, TOKA_PROVIDER_UNAVAILABLE
   */
  candidates(name: string): Promise<readonly Candidate[]>;
  /**
   * Asks the first of them that answers. What was heard of one that then failed is taken back by a `restart`.
   *
   * @throws TokaError TOKA_PROVIDER_UNAVAILABLE, TOKA_PROVIDER_LIMIT, TOKA_PROVIDER_AUTH, TOKA_MODEL_REPLY, TOKA_MODEL_REQUEST, TOKA_MODEL_CONTEXT; the reason of the signal
   */
  ask(candidates: readonly Candidate[], prompt: Prompt, options: AskOptions): Promise<ModelReply>;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Hears the answer as it comes. */
  readonly onEvent: (event: ModelEvent | { readonly type: 'restart'; readonly route: string; readonly why: string }) => void;
}
