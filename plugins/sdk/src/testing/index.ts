export { analyserChecks, type AnalyserCheck } from './analyser.ts';
export { engineChecks, type EngineCheck, type EnginePlace } from './engine.ts';
export { definePlaces, type Places } from './places.ts';
export { providerChecks, type ProviderCheck, type ProviderPlace, type ProviderScenario } from './provider.ts';
export { runtimeChecks, type RuntimeCheck, type RuntimeSamples } from './runtime.ts';
export { searchChecks, type SearchCheck } from './search.ts';
export { storageChecks, type StorageCheck, type StoragePlace } from './storage.ts';
export { toolChecks, type ToolCheck, type ToolPlace } from './tool.ts';
export { testContext, type TestContextOptions } from './tool-context.ts';
