/** What runs that are recorded need beside the others: a file of its own in the bundle, loaded on first use. */
export { grantedFiles } from './granted-files.ts';
export { recordInput } from './record-input.ts';
export { recordContext } from './record-context.ts';
export { Tape } from './tape.ts';
