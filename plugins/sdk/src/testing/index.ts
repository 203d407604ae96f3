export { storageChecks, type StorageCheck, type StoragePlace } from './storage.ts';
