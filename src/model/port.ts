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

/** A context of fewer tokens is small: conversations with tools soon need more. */
export const SMALL_CONTEXT_TOKENS = 8192;

/** What a model has used; figures are present only where its provider gives them, money only where its price is known. */
export interface ModelUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Of those in, the ones that a cache gave, and the ones that were written into it. */
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  /** Millionths of a US dollar. */
  readonly microdollars?: number;
}

/** What a call may use at the most: it is reserved before anybody has counted. */
export interface ModelMost {
  readonly inputTokens: number;
  /** As many as the prompt allows, or as an answer has at the most unless it is told otherwise. */
  readonly outputTokens: number;
  /** Millionths of a US dollar: for all that is sent, and for each token of the answer. Absent where the price of one is not known. */
  readonly price?: { readonly input: number; readonly outputToken: number };
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

/** Why a role stands for what it stands for: the configuration says so, the key of a provider is set, a server runs on this machine, or there is nothing but toka's own planner. */
export type FoundBy = 'configuration' | 'key' | 'server' | 'planner';

/** What models there are here, and how they are reached. */
export interface ModelsOverview {
  readonly roles: readonly { readonly role: string; readonly routes: readonly string[]; readonly by: FoundBy | 'nothing' }[];
  readonly providers: readonly ListedService[];
}

/** A provider, or a server that is spoken to as one does. */
export interface ListedService {
  readonly id: string;
  readonly summary: string;
  readonly isLanguageModel: boolean;
  /** The provider whose protocol it speaks, where it is not itself one. */
  readonly protocol?: string;
  readonly baseURL?: string;
  /** Where its key comes from, never the key. */
  readonly key?: { readonly from: string; readonly isSet: boolean };
  /** `ready`: its key is set, or it answers; `no-key`; `silent`: nothing answers at its address. */
  readonly state: 'ready' | 'no-key' | 'silent';
  readonly models: readonly ListedModel[];
}

export interface ListedModel {
  readonly route: string;
  readonly contextTokens?: number;
  /** What the model could hold, where its server gives it less. */
  readonly longestTokens?: number;
  /** US dollars for a million tokens. */
  readonly price?: { readonly input: number; readonly output: number; readonly cached?: number; readonly asOf?: string };
}

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
  /** What a call may use at the most, whichever of them answers. */
  most(candidates: readonly Candidate[], prompt: Prompt): ModelMost;
  /** Looks at what is here; servers that do not answer at once are told as silent. */
  overview(): Promise<ModelsOverview>;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Hears the answer as it comes. */
  readonly onEvent: (event: ModelEvent | { readonly type: 'restart'; readonly route: string; readonly why: string }) => void;
}
