import { parentPort, workerData } from 'node:worker_threads';
import { serve } from './journal/thread/host.ts';
import type { Opening } from './journal/thread/messages.ts';

// The thread in which `journal/thread/storage.ts` has a storage open.
if (parentPort) serve(parentPort, workerData as Opening);
