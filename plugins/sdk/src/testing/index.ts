export { analyserChecks, type AnalyserCheck } from './analyser.ts';
export { storageChecks, type StorageCheck, type StoragePlace } from './storage.ts';
