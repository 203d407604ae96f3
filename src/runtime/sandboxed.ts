/** All that runs of processes need and runs of bundled native tools do not: a file of its own in the bundle, loaded on first use. */
export { expectSandbox, startSandbox } from '../sandbox/guessed.ts';
export { requireEnforcement } from '../sandbox/probe.ts';
export { watchForPlanted } from '../sandbox/planted.ts';
export { WarmProcesses } from '../sandbox/warm.ts';
export { planProgram } from './code/plan-program.ts';
export { runProgram } from './code/run-program.ts';
export { planIsolatedNative, runIsolatedNative } from './isolated.ts';
export { makeHidden } from './mounts.ts';
export { planProcess } from './plan.ts';
export { runProcess } from './process.ts';
