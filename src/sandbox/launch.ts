import { launchInNamespaces } from './linux.ts';
import type { LaunchOptions, Outcome, SandboxPlan } from './plan.ts';
import type { Slot } from './slots.ts';
import { unavailable } from './unavailable.ts';

export { prepareSlot, releaseSlot, type Slot } from './slots.ts';

/**
 * Runs a program in a sandbox and waits until nothing of it is left.
 *
 * @param plan what it gets; everything else of the machine does not exist for it
 * @param options with a `slot` of `prepareSlot`, which is used up whatever happens
 * @throws TOKA_SANDBOX_UNAVAILABLE if the machine cannot enforce the plan: nothing was run
 * @throws TOKA_RUNTIME_UNAVAILABLE if the program does not exist inside
 * @throws TOKA_SCOPE_UNSUPPORTED if a mount would undo the sandbox
 * @throws TOKA_PARAM_INVALID if an argument cannot be passed to a process
 * @throws TOKA_CAPABILITY_DENIED if the working directory lies in no mount
 * @throws TOKA_CANCELLED if the signal was aborted before the start
 */
export async function launch(plan: SandboxPlan, options: LaunchOptions & { readonly slot?: Slot | undefined }): Promise<Outcome> {
  switch (process.platform) {
    case 'linux':
      return launchInNamespaces(plan, options);
    case 'darwin':
      return (await import('./macos.ts')).launchInSeatbelt(plan, options);
    default:
      throw unavailable({
        missing: ['sandbox'],
        have: `the platform ${process.platform}`,
        why: 'toka isolates processes on Linux and macOS only',
        fix: 'run toka on Linux (on Windows: inside WSL2)',
      });
  }
}
