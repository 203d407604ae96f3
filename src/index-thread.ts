import { parentPort, workerData } from 'node:worker_threads';
import { capabilityFault } from './capability/rules.ts';
import { declareEach, type ManifestFile } from './registry/declare.ts';

// A thread of declareManifests: reads its part of many manifests and ends.
void declareEach(workerData as readonly ManifestFile[], capabilityFault).then((declared) => parentPort?.postMessage(declared));
