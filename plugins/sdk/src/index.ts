export { coded, isCoded, type CodedError } from './errors.ts';
export type { JsonObject, JsonSchema, JsonValue, ParamsSchema, PropertySchema } from './json.ts';
export { defineTool, type Effect, type ToolCapabilities, type ToolDefinition } from './tool.ts';
export type {
  CallResult,
  FileEntry,
  FileInfo,
  LogLevel,
  ProcessResult,
  Progress,
  SpawnOptions,
  ToolContext,
  ToolFs,
  WalkOptions,
  WriteOptions,
} from './context.ts';
export {
  defineAnalyser,
  type Analyser,
  type AnalyserDefinition,
  type AnalyserOption,
  type Analysis,
  type AnalysisResult,
  type Finding,
  type RunFacts,
  type TooFew,
} from './analyser.ts';
export { defineStorage } from './define-storage.ts';
export { FORGOTTEN } from './storage.ts';
export type {
  Appended,
  Awaitable,
  Batch,
  Documents,
  DriverTransaction,
  Ends,
  EventFilter,
  EventPage,
  KeyRange,
  NewEvent,
  QueryPage,
  QueryResult,
  SearchHit,
  SearchPage,
  SearchResult,
  SearchTerm,
  Storage,
  StorageBackend,
  StorageDefinition,
  StorageDriver,
  StorageEntry,
  StorageEvent,
  StorageFacts,
  StorageOptions,
  StorageReader,
  StorageSupports,
  StorageTransaction,
  StorageWriter,
  SubscribeOptions,
  TransactionOptions,
} from './storage.ts';
export { type Word, wordsOf } from './words.ts';
